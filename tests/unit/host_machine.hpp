// SPDX-License-Identifier: MIT
/// A whole machine for unit tests: a directory in place of "/", a file in place of physical memory, and
/// system calls that answer as a test wishes. As built it is healthy: a BIOS machine with Linux 6.12.117
/// that could jump.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <kjump/abi/exchange.hpp>
#include <kjump/image.hpp>

#include "host/system.hpp"

namespace kjump::test {

/// A directory that goes with its owner.
struct TemporaryRoot {
  TemporaryRoot() {
    // In memory where there is such a place: on a disk every machine costs up to 70 ms.
    const bool shared_memory = ::access("/dev/shm", W_OK) == 0;
    const auto parent =
        shared_memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path();
    std::string pattern = (parent / "kjump-host-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw std::runtime_error("cannot make a directory in " + parent.string());
    }
    path = pattern;
  }
  TemporaryRoot(const TemporaryRoot&) = delete;
  TemporaryRoot& operator=(const TemporaryRoot&) = delete;
  TemporaryRoot(TemporaryRoot&&) = delete;
  TemporaryRoot& operator=(TemporaryRoot&&) = delete;
  ~TemporaryRoot() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }

  std::string path;
};

class FakeMachine : private TemporaryRoot, public System {
 public:
  FakeMachine() : System(TemporaryRoot::path) { build_healthy(); }

  // What the system calls answer.
  KernelNames names{"6.12.117+deb12-amd64", "x86_64"};
  std::uint64_t capabilities = 0x1FF'FFFF'FFFF;  ///< all of Linux 6.12
  std::uint64_t memory_bytes = std::uint64_t{512} << 20;
  int probe_error = EFAULT;
  int load_error = 0;
  int unload_error = 0;
  int affinity_error = 0;
  DescriptorTable gdt{0xFFFF'FE5A'0000'1000, 0x7F};
  std::function<int()> on_reboot = [] { return 0; };
  std::function<int()> on_suspend = [] { return 0; };
  std::function<int(const std::string&, const std::string&)> on_write;  ///< none: into the file
  std::vector<std::uint64_t> random_values{0x1122'3344'5566'7788};

  // What they were asked: "probe", "load", "unload", "sync", "reboot", "cpu 0", "cpu back".
  std::vector<std::string> calls;
  std::vector<kexec_segment> loaded_segments;
  std::uint64_t loaded_entry = 0;
  std::uint64_t loaded_flags = 0;
  std::vector<std::byte> loaded_parameters_segment;  ///< content of the first segment

  [[nodiscard]] KernelNames kernel_names() const override { return names; }
  [[nodiscard]] std::uint64_t total_memory_bytes() const override { return memory_bytes; }
  [[nodiscard]] std::uint64_t effective_capabilities() const override { return capabilities; }
  [[nodiscard]] int kexec_load(std::uint64_t entry, std::span<const kexec_segment> segments,
                               std::uint64_t flags) override {
    if (segments.empty()) {
      calls.emplace_back("unload");
      return unload_error;
    }
    calls.emplace_back("load");
    loaded_segments.assign(segments.begin(), segments.end());
    loaded_entry = entry;
    loaded_flags = flags;
    const auto* first = static_cast<const std::byte*>(segments.front().buf);
    loaded_parameters_segment.assign(first, first + segments.front().bufsz);
    return load_error;
  }
  [[nodiscard]] int kexec_probe() override {
    calls.emplace_back("probe");
    return probe_error;
  }
  [[nodiscard]] int reboot_kexec() override {
    calls.emplace_back("reboot");
    return on_reboot();
  }
  void sync() override { calls.emplace_back("sync"); }
  [[nodiscard]] int suspend() override {
    calls.emplace_back("suspend");
    return on_suspend();
  }
  [[nodiscard]] int write_line(const std::string& file, const std::string& text) override {
    calls.push_back(file.substr(file.rfind('/') + 1) + "=" + text);
    return on_write ? on_write(file, text) : System::write_line(file, text);
  }
  [[nodiscard]] int get_affinity(cpu_set_t& cpus) const override {
    CPU_ZERO(&cpus);
    CPU_SET(0, &cpus);
    CPU_SET(1, &cpus);
    return 0;
  }
  [[nodiscard]] int set_affinity(const cpu_set_t& cpus) override {
    calls.emplace_back(CPU_COUNT(&cpus) == 1 && CPU_ISSET(0, &cpus) ? "cpu 0" : "cpu back");
    return affinity_error;
  }
  [[nodiscard]] DescriptorTable store_gdt() const override { return gdt; }
  [[nodiscard]] Result<std::uint64_t> random() const override {
    const std::uint64_t value = random_values.at(random_next_ % random_values.size());
    ++random_next_;
    return value;
  }
  // A processor of 2 GHz on which every look at a clock takes a microsecond.
  [[nodiscard]] std::uint64_t timestamp() const override { return 2 * (now_ns_ += 1000); }
  [[nodiscard]] std::uint64_t monotonic_ns() const override { return now_ns_ += 1000; }
  [[nodiscard]] std::uint64_t boottime_ns() const override { return now_ns_ += 1000; }
  void sleep_ns(std::uint64_t nanoseconds) const override {
    now_ns_ += nanoseconds;
    on_sleep();
  }
  std::function<void()> on_sleep = [] {};  ///< time has passed
  [[nodiscard]] std::uint64_t seconds() const { return now_ns_ / 1'000'000'000; }

  // The directory in place of "/".
  void put(const std::string& file, const std::string& content) const {
    const std::filesystem::path full = TemporaryRoot::path + file;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full, std::ios::binary) << content;
  }
  void remove(const std::string& file) const { std::filesystem::remove_all(TemporaryRoot::path + file); }
  [[nodiscard]] std::string full_path(const std::string& file) const { return TemporaryRoot::path + file; }

  // Physical memory.
  void poke(std::uint32_t address, const std::string& bytes) const {
    std::fstream memory(full_path("/dev/mem"), std::ios::binary | std::ios::in | std::ios::out);
    memory.seekp(address);
    memory.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  void poke_word(std::uint32_t address, unsigned value) const {
    poke(address, {static_cast<char>(value & 0xFFU), static_cast<char>(value >> 8U)});
  }
  [[nodiscard]] std::string peek(std::uint32_t address, std::size_t bytes) const {
    std::ifstream memory(full_path("/dev/mem"), std::ios::binary);
    memory.seekg(address);
    std::string content(bytes, '\0');
    memory.read(content.data(), static_cast<std::streamsize>(bytes));
    return content;
  }
  [[nodiscard]] abi::ExchangeHeader exchange_header() const {
    abi::ExchangeHeader header{};
    std::memcpy(&header, peek(abi::kExchangeBase, sizeof(header)).data(), sizeof(header));
    return header;
  }

  /// From now on a jump answers as a well-behaved stub does, and `payload` may change the header.
  void answer(std::function<void(abi::ExchangeHeader&)> payload = {}) {
    on_reboot = [this, payload = std::move(payload)] {
      abi::ExchangeHeader header = exchange_header();
      header.tsc_entry = timestamp();
      header.tsc_payload = timestamp();
      header.tsc_payload_end = timestamp();
      header.tsc_exit = timestamp();
      header.completed = header.sequence;
      header.outcome = static_cast<std::uint32_t>(abi::Outcome::kReturned);
      if (payload) {
        payload(header);
      }
      poke(abi::kExchangeBase, std::string(reinterpret_cast<const char*>(&header), sizeof(header)));
      return 0;
    };
  }

  [[nodiscard]] int count(const std::string& call) const {
    return static_cast<int>(std::count(calls.begin(), calls.end(), call));
  }

  void put_memory_range(int number, std::uint64_t start, std::uint64_t last, const std::string& type) const {
    const std::string directory = fmt::format("/sys/firmware/memmap/{}", number);
    put(directory + "/start", fmt::format("{:#x}\n", start));
    put(directory + "/end", fmt::format("{:#x}\n", last));
    put(directory + "/type", type + "\n");
  }

 private:
  void build_healthy() const {
    put("/run/.keep", "");
    put("/proc/version",
        "Linux version 6.12.117 (gcc-12 (Debian 12.2.0-14) 12.2.0) #1 SMP Debian 6.12.117-1\n");
    put("/proc/cmdline", "quiet\n");
    put("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu pae lm\n");
    put("/proc/sys/kernel/kexec_load_disabled", "0\n");
    put("/sys/kernel/kexec_loaded", "0\n");
    put("/sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
    put("/sys/devices/system/cpu/online", "0-1\n");
    put("/sys/devices/system/cpu/vulnerabilities/retbleed", "Not affected\n");
    put_memory_range(0, 0, 0x9FBFF, "System RAM");
    put_memory_range(1, 0x9FC00, 0x9FFFF, "Reserved");
    put_memory_range(2, 0x100000, 0x1FFFFFFF, "System RAM");
    put("/dev/mem", "");
    std::filesystem::resize_file(full_path("/dev/mem"), 0x100000);
    for (const std::uint32_t vector : {0x10U, 0x13U, 0x15U, 0x1AU}) {
      poke_word(vector * 4, 0xE000 + vector);
      poke_word(vector * 4 + 2, 0xF000);
    }
    poke_word(0x40E, 0x9FC0);
    poke_word(0x413, 639);
  }

  mutable std::uint64_t now_ns_ = 1'000'000'000;
  mutable std::size_t random_next_ = 0;
};

inline constexpr std::uint32_t kParametersOffset = 0x100;

/// A small image that passes Image::build: one page at kRealBase with entry and parameters in it.
[[nodiscard]] inline Image small_image(std::uint32_t flags = 0) {
  ImageInfo info;
  info.name = "small";
  info.flags = flags;
  info.kexec_entry = abi::kRealBase;
  info.parameters = abi::kRealBase + kParametersOffset;
  info.deadline_ms = 500;
  if (!info.standalone()) {
    info.exchange_base = abi::kExchangeBase;
    info.exchange_bytes = abi::kExchangeBytes;
  }
  Segment segment{abi::kRealBase, abi::kPageBytes, std::vector<std::byte>(0x200)};
  const abi::LoaderParameters parameters;
  std::memcpy(segment.content.data() + kParametersOffset, &parameters, sizeof(parameters));
  auto image = Image::build(info, {segment}, {});
  if (!image) {
    throw std::runtime_error(image.error().text());
  }
  return *image;
}

}  // namespace kjump::test
