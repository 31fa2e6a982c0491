// SPDX-License-Identifier: MIT
#include "cli/hibernate_text.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include <kjump/abi/hibernate/kernel.hpp>
#include <kjump/abi/hibernate/restore.hpp>
#include <kjump/abi/hibernate/save.hpp>
#include <kjump/abi/hibernate/store.hpp>
#include <kjump/abi/hibernate/times.hpp>

#include "cli/plain_text.hpp"
#include "hibernate/passage.hpp"
#include "report/json_fields.hpp"
#include "report/terminal.hpp"
#include "report/text.hpp"

namespace kjump::cli {
namespace {

using Json = nlohmann::ordered_json;
using namespace abi::hibernate;

constexpr std::uint64_t bytes_of_pages(std::uint64_t pages) {
  return pages * abi::kPageBytes;
}

// Bytes a microsecond are megabytes a second.
double rate_of(std::uint64_t bytes, std::uint64_t microseconds) {
  return microseconds == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(microseconds);
}

std::string times_line(const char* what, const Times& times, std::uint64_t data_bytes) {
  std::string line = fmt::format("{:<8} prepare {}", what, report::duration(times.prepare));
  if (times.scan != 0) {
    line += ", scan " + report::duration(times.scan);
  }
  if (times.verify != 0) {
    line += ", verify " + report::duration(times.verify);
  }
  return line + fmt::format(", content {} ({:.0f} MB/s), finish {}\n", report::duration(times.content),
                            rate_of(data_bytes, times.content), report::duration(times.finish));
}

Json times_json(const Times& times, std::uint64_t data_bytes) {
  return {{"prepare", times.prepare}, {"scan", times.scan},
          {"content", times.content}, {"verify", times.verify},
          {"finish", times.finish},   {"mb_per_s", rate_of(data_bytes, times.content)}};
}

std::string work_line(const char* what, const Work& work) {
  return fmt::format("{:<8} looking at pages {}, LZ4 {}, hashing {}, waiting for the disk {}\n", what,
                     report::duration(work.look), report::duration(work.compress),
                     report::duration(work.hash), report::duration(work.wait));
}

Json work_json(const Work& work) {
  return {{"look", work.look}, {"lz4", work.compress}, {"hash", work.hash}, {"disk", work.wait}};
}

Json count_json(std::uint64_t pages) {
  return pages == kUnknownCount ? Json(nullptr) : Json(pages);
}

const char* status_word(SaveStatus status) {
  switch (status) {
    case SaveStatus::kSaved:
      return "saved";
    case SaveStatus::kRestored:
      return "restored";
    case SaveStatus::kRehearsed:
      return "rehearsed";
    case SaveStatus::kEscape:
      return "stopped";
    case SaveStatus::kWoken:
      return "woken";
    default:
      return "failed";
  }
}

Json notes_json(const std::vector<std::string>& notes) {
  Json list = Json::array();
  for (const std::string& note : notes) {
    list.push_back(note);
  }
  return list;
}

Json optional_json(const std::optional<std::uint64_t>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::string dump(const Json& document) {
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string headline(const SaveReply& reply, const std::string& store) {
  const std::string size = size_text(reply.image_blocks * kBlockBytes);
  switch (static_cast<SaveStatus>(reply.status)) {
    case SaveStatus::kSaved:
      return fmt::format("saved generation {} to {}, {}, and went on\n", reply.generation, store, size);
    case SaveStatus::kRestored:
      return fmt::format("restored from generation {} in {}, saved {}\n", reply.generation, store,
                         utc_text(reply.saved_at));
    case SaveStatus::kRehearsed:
      return fmt::format("rehearsed: nothing was written to {}\n", store);
    case SaveStatus::kWoken:
      return "woken before the alarm: nothing was saved\n";
    default:
      return {};
  }
}

}  // namespace

std::string hibernate_text(const hibernate::HibernateReport& report, const std::string& store) {
  const SaveReply& reply = report.reply;
  const std::uint64_t data = bytes_of_pages(reply.data_pages);
  std::string text = headline(reply, store);
  if (reply.pages != 0) {
    text += fmt::format("memory   {} in all, {} free, {} zero, {} of content, {} left out\n",
                        size_text(bytes_of_pages(reply.pages)), size_text(bytes_of_pages(reply.free_pages)),
                        size_text(bytes_of_pages(reply.zero_pages)), size_text(data),
                        size_text(bytes_of_pages(reply.skipped_pages)));
  }
  if (reply.stored_bytes != 0) {
    // An image does not know the room that it had.
    text += reply.room_blocks != 0
                ? fmt::format("image    {} in a room of {}\n", size_text(reply.stored_bytes),
                              size_text(reply.room_blocks * kBlockBytes))
                : fmt::format("image    {}\n", size_text(reply.stored_bytes));
  }
  text += times_line("save", reply.save, data) + work_line("", reply.save_work);
  if (report.status() == SaveStatus::kRestored) {
    text += times_line("restore", reply.restore, data) + work_line("", reply.restore_work);
  }
  for (const std::string& note : report.notes) {
    text += "note: " + note + "\n";
  }
  return report::for_terminal(text);
}

std::string hibernate_json(const hibernate::HibernateReport& report) {
  const SaveReply& reply = report.reply;
  const std::uint64_t data = bytes_of_pages(reply.data_pages);
  Json unwatched = Json::array();
  for (const auto& other : report.unwatched) {
    unwatched.push_back({{"name", other.name}, {"why", other.why}});
  }
  const bool restored = report.status() == SaveStatus::kRestored;
  return dump({{"status", status_word(report.status())},
               {"error", report::text_to_utf8(hibernate::text_of(reply.error))},
               {"generation", reply.generation},
               {"slot", reply.slot},
               {"pages",
                {{"all", reply.pages},
                 {"free", reply.free_pages},
                 {"kernel_free", count_json(reply.kernel_free_pages)},
                 {"zero", reply.zero_pages},
                 {"data", reply.data_pages},
                 {"skipped", reply.skipped_pages}}},
               {"stored_bytes", reply.stored_bytes},
               {"image_blocks", reply.image_blocks},
               {"room_blocks", reply.room_blocks},
               {"saved_at", reply.saved_at},
               {"save_us", times_json(reply.save, data)},
               {"restore_us", restored ? times_json(reply.restore, data) : Json(nullptr)},
               {"save_work_us", work_json(reply.save_work)},
               {"restore_work_us", restored ? work_json(reply.restore_work) : Json(nullptr)},
               {"door", report.door},
               {"phases_us",
                {{"load", optional_json(report.phases.load)},
                 {"way_in", optional_json(report.phases.way_in)},
                 {"payload", optional_json(report.phases.payload)},
                 {"way_back", optional_json(report.phases.way_back)}}},
               {"unwatched", unwatched},
               {"notes", notes_json(report.notes)}});
}

std::string resume_text(const hibernate::ResumeReport& report, const std::string& store) {
  const bool verified = report.reply.status == static_cast<std::uint32_t>(RestoreStatus::kVerified);
  std::string text =
      verified ? fmt::format("generation {} in {} is whole and fits this machine; verified in {}\n",
                             report.reply.generation, store, report::duration(report.reply.restore.verify))
               : std::string();
  for (const std::string& note : report.notes) {
    text += "note: " + note + "\n";
  }
  return report::for_terminal(text);
}

std::string resume_json(const hibernate::ResumeReport& report) {
  const bool verified = report.reply.status == static_cast<std::uint32_t>(RestoreStatus::kVerified);
  return dump({{"status", verified ? "verified" : "refused"},
               {"code", report.reply.status},
               {"error", report::text_to_utf8(hibernate::text_of(report.reply.error))},
               {"generation", report.reply.generation},
               {"slot", report.reply.slot},
               {"restore_us", times_json(report.reply.restore, 0)},
               {"door", report.door},
               {"notes", notes_json(report.notes)}});
}

}  // namespace kjump::cli
