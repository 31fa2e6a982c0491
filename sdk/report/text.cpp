// SPDX-License-Identifier: MIT
#include "report/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "report/contract.hpp"
#include "report/fault.hpp"
#include "report/names.hpp"
#include "report/terminal.hpp"

namespace kjump::report {
namespace {

constexpr std::size_t kBytesPerLine = 16;
constexpr std::size_t kShownBytes = 512;

bool printable(std::byte byte) {
  const auto value = std::to_integer<unsigned>(byte);
  return value >= 0x20 && value < 0x7F;
}

bool is_text(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte byte) {
    return printable(byte) || byte == std::byte{'\n'} || byte == std::byte{'\t'} || byte == std::byte{'\r'};
  });
}

// The text with a newline at its end, nothing for no text.
std::string whole_lines(std::string text) {
  if (!text.empty() && text.back() != '\n') {
    text += '\n';
  }
  return text;
}

std::string reply_text(std::span<const std::byte> reply) {
  if (reply.empty()) {
    return {};
  }
  std::string out = fmt::format("reply, {} bytes:\n", reply.size());
  if (is_text(reply)) {
    std::string text(reply.size(), '\0');
    std::transform(reply.begin(), reply.end(), text.begin(),
                   [](std::byte byte) { return static_cast<char>(byte); });
    return out + whole_lines(std::move(text));
  }
  out += hexdump(reply.first(std::min(reply.size(), kShownBytes)));
  if (reply.size() > kShownBytes) {
    out += fmt::format("... and {} bytes more, --out FILE writes all of them\n", reply.size() - kShownBytes);
  }
  return out;
}

std::string outcome_text(const JumpReport& jump) {
  switch (jump.outcome) {
    case abi::Outcome::kReturned:
      return fmt::format("returned, status {}", jump.status);
    case abi::Outcome::kFault:
      return "fault: " + fault_text(jump);
    case abi::Outcome::kTimeout:
      return "timeout: stopped " + fault_text(jump);
    default:
      return std::string(outcome_name(jump.outcome));
  }
}

std::string outcome_line(const JumpReport& jump, std::size_t number) {
  std::string line = fmt::format("jump {}: {}", number, outcome_text(jump));
  if (!jump.reason.empty()) {
    line += ": " + jump.reason;
  }
  if (jump.repairs != 0) {
    line += fmt::format(" (put right after firmware calls: {})", fmt::join(repair_names(jump.repairs), ", "));
  }
  line += "\n";
  const bool stopped = jump.outcome == abi::Outcome::kFault || jump.outcome == abi::Outcome::kTimeout;
  if (stopped) {
    const std::string stacks = stacks_text(jump);
    line += fault_details(jump.fault) + (stacks.empty() ? "" : "  " + stacks + "\n");
  }
  return line;
}

std::string phase_text(const std::optional<std::uint64_t>& phase) {
  return phase ? duration(*phase) : "-";
}

std::string phases_table(const std::vector<JumpReport>& jumps) {
  std::string table =
      fmt::format("{:<10}{:>12}{:>12}{:>12}{:>12}\n", "", "load", "way in", "payload", "way back");
  bool known = false;
  for (std::size_t i = 0; i < jumps.size(); ++i) {
    const Phases& phases = jumps[i].phases;
    known = known || phases.load || phases.way_in || phases.payload || phases.way_back;
    table += fmt::format("{:<10}{:>12}{:>12}{:>12}{:>12}\n", fmt::format("jump {}", i + 1),
                         phase_text(phases.load), phase_text(phases.way_in), phase_text(phases.payload),
                         phase_text(phases.way_back));
  }
  return known ? table : std::string();
}

// As fast as the payload was with all it did.
std::string bulk_rate(const JumpReport& jump) {
  if (!jump.phases.payload || *jump.phases.payload == 0) {
    return {};
  }
  return fmt::format(", {:.1f} MB/s",
                     static_cast<double>(jump.bulk_reply_bytes) / static_cast<double>(*jump.phases.payload));
}

// Console and reply; many jumps of one image tend to say the same.
std::string content_text(const std::vector<JumpReport>& jumps, std::size_t index,
                         const TextOptions& options) {
  const JumpReport& jump = jumps[index];
  const bool repeats =
      index > 0 && jump.console == jumps[index - 1].console && jump.reply == jumps[index - 1].reply;
  const bool written = !options.reply_file.empty() && index + 1 == jumps.size();
  if (repeats && !written) {
    return jump.console.empty() && jump.reply.empty() ? "" : "(console and reply as before)\n";
  }
  std::string text = whole_lines(jump.console);
  if (jump.console_cut) {
    text += "(the payload printed more, it did not fit)\n";
  }
  if (jump.bulk_reply_bytes != 0) {
    const bool in_file = !options.bulk_file.empty() && index + 1 == jumps.size();
    text += fmt::format("bulk reply, {} bytes{}{}\n", jump.bulk_reply_bytes, bulk_rate(jump),
                        in_file ? ": in " + options.bulk_file : std::string());
  }
  if (written) {
    return text + fmt::format("reply, {} bytes: in {}\n", jump.reply.size(), options.reply_file);
  }
  return text + reply_text(jump.reply);
}

// What was asked for with --report.
std::string contract_of(const JumpReport& jump) {
  if (jump.contract.classes == 0) {
    return {};
  }
  return contract_text(jump.contract) + whole_lines(stacks_text(jump));
}

}  // namespace

std::string to_text(const RunReport& report, const TextOptions& options) {
  std::string text;
  for (std::size_t i = 0; i < report.jumps.size(); ++i) {
    text += outcome_line(report.jumps[i], i + 1) + content_text(report.jumps, i, options) +
            contract_of(report.jumps[i]);
  }
  text += phases_table(report.jumps);
  if (!report.door_reason.empty()) {
    text += fmt::format("door: {} ({})\n", report.door, report.door_reason);
  }
  for (const std::string& breach : report.breaches) {
    text += "breach of the return contract: " + breach + "\n";
  }
  for (const std::string& note : report.notes) {
    text += "note: " + note + "\n";
  }
  if (!report.log.empty()) {
    text += "log: " + report.log.string() + "\n";
  }
  return for_terminal(text);
}

std::string what_failed(const RunReport& report, std::uint32_t jumps) {
  for (std::size_t i = 0; i < report.jumps.size(); ++i) {
    const JumpReport& jump = report.jumps[i];
    if (jump.outcome != abi::Outcome::kReturned || jump.status != 0) {
      return fmt::format("jump {} did not succeed: {}", i + 1, outcome_text(jump));
    }
  }
  if (report.jumps.size() < jumps) {
    return fmt::format("only {} of {} jumps were made", report.jumps.size(), jumps);
  }
  if (!report.breaches.empty()) {
    return "the image broke the return contract, Linux might not survive it: " + report.breaches.front();
  }
  return {};
}

std::string hexdump(std::span<const std::byte> bytes) {
  std::string out;
  for (std::size_t offset = 0; offset < bytes.size(); offset += kBytesPerLine) {
    const auto line = bytes.subspan(offset, std::min(kBytesPerLine, bytes.size() - offset));
    std::string hex;
    std::string characters;
    for (std::size_t i = 0; i < line.size(); ++i) {
      hex += fmt::format("{}{:02x} ", i == kBytesPerLine / 2 ? " " : "", std::to_integer<unsigned>(line[i]));
      characters += printable(line[i]) ? static_cast<char>(line[i]) : '.';
    }
    out += fmt::format("{:08x}  {:<49} |{}|\n", offset, hex, characters);
  }
  return out;
}

std::string duration(std::uint64_t microseconds) {
  const auto value = static_cast<double>(microseconds);
  if (microseconds < 1000) {
    return fmt::format("{} us", microseconds);
  }
  return microseconds < 1'000'000 ? fmt::format("{:.1f} ms", value / 1e3)
                                  : fmt::format("{:.2f} s", value / 1e6);
}

}  // namespace kjump::report
