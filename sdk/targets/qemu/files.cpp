// SPDX-License-Identifier: MIT
#include "targets/qemu/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <set>
#include <string_view>

#include "host/unique_fd.hpp"

namespace kjump::targets {
namespace {

constexpr std::size_t kLineLimit = 160;

// What a kernel, our guest's init and our agent say when something is wrong.
constexpr std::array<std::string_view, 7> kAlarms{
    "Kernel panic", "BUG:", "Oops", "general protection", "kjump-init:", "kjump-agent:", "not syncing"};

bool is_alarm(std::string_view line) {
  return std::any_of(kAlarms.begin(), kAlarms.end(),
                     [line](std::string_view alarm) { return line.find(alarm) != std::string_view::npos; });
}

// "[    1.556531] tsc: ..."
bool is_kernel_message(std::string_view line) {
  return line.starts_with("[ ") || line.starts_with("[0");
}

std::string printable(std::string_view line) {
  std::string out(line.substr(0, kLineLimit));
  for (char& character : out) {
    if (character < ' ' || character > '~') {
      character = character == '\t' ? ' ' : '?';
    }
  }
  return line.size() > kLineLimit ? out + "..." : out;
}

std::vector<std::string_view> lines_of(std::string_view log) {
  std::vector<std::string_view> lines;
  while (!log.empty()) {
    const std::size_t end = log.find('\n');
    std::string_view line = log.substr(0, end);
    log.remove_prefix(end == std::string_view::npos ? log.size() : end + 1);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) {
      line.remove_suffix(1);
    }
    if (!line.empty()) {
      lines.push_back(line);
    }
  }
  return lines;
}

}  // namespace

Result<std::vector<std::byte>> read_file(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    return fail_errno("cannot open for reading", path.string());
  }
  std::vector<std::byte> content;
  if (struct stat status{}; ::fstat(fd.get(), &status) == 0 && status.st_size > 0) {
    content.reserve(static_cast<std::size_t>(status.st_size));
  }
  std::array<std::byte, 65536> block;
  while (true) {
    const ssize_t got = ::read(fd.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return fail_errno("cannot read", path.string());
    }
    if (got == 0) {
      return content;
    }
    content.insert(content.end(), block.begin(), block.begin() + got);
  }
}

Result<void> write_file(const std::filesystem::path& path, std::span<const std::byte> content) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) {
    return fail_errno("cannot open for writing", path.string());
  }
  while (!content.empty()) {
    const ssize_t put = ::write(fd.get(), content.data(), content.size());
    if (put < 0 && errno == EINTR) {
      continue;
    }
    if (put < 0) {
      return fail_errno("cannot write", path.string());
    }
    content = content.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

Result<void> write_file(const std::filesystem::path& path, const std::string& content) {
  return write_file(path, std::as_bytes(std::span(content)));
}

std::string read_log(const std::filesystem::path& path) {
  const auto content = read_file(path);
  std::string text;
  if (content) {
    text.reserve(content->size());
    std::transform(content->begin(), content->end(), std::back_inserter(text),
                   [](std::byte byte) { return static_cast<char>(byte); });
  }
  return text;
}

std::string telling_lines(const std::string& log, std::size_t count) {
  const std::vector<std::string_view> lines = lines_of(log);
  std::set<std::size_t> chosen;
  const auto choose = [&](auto line) {
    if (line != lines.end()) {
      chosen.insert(static_cast<std::size_t>(line - lines.begin()));
    }
  };
  choose(std::find_if(lines.begin(), lines.end(), is_alarm));
  if (const auto spoken = std::find_if_not(lines.rbegin(), lines.rend(), is_kernel_message);
      spoken != lines.rend()) {
    choose(spoken.base() - 1);
  }
  for (std::size_t i = lines.size(); i > 0 && chosen.size() < count; --i) {
    chosen.insert(i - 1);
  }
  std::string out;
  for (const std::size_t index : chosen) {
    out += (out.empty() ? "" : " | ") + printable(lines[index]);
  }
  return out;
}

}  // namespace kjump::targets
