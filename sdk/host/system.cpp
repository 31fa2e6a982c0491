// SPDX-License-Identifier: MIT
#include "host/system.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/random.h>
#include <linux/reboot.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <x86intrin.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>

namespace kjump {
namespace {

// Nothing that we read is larger; /proc/kallsyms is the largest, about 15 MiB.
constexpr std::size_t kLargestFile = std::size_t{64} << 20;
// Most of /proc and /sys is a few bytes, and the kernel clears a buffer of the size that we ask for.
constexpr std::size_t kFirstPiece = 512;
constexpr std::size_t kLargestPiece = std::size_t{64} << 10;

// read(2) or pread(2) until `bytes` have come or the file ends.
template <typename Read>
Result<std::string> read_all(const std::string& path, std::size_t bytes, Read read) {
  std::string content;
  std::size_t have = 0;
  std::size_t piece = kFirstPiece;
  while (have < bytes) {
    const std::size_t wanted = std::min(piece, bytes - have);
    content.resize(have + wanted);
    const ssize_t got = read(&content[have], wanted, have);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return fail_errno("cannot read", path);
    }
    have += static_cast<std::size_t>(got);
    if (got == 0) {
      break;
    }
    piece = std::min(2 * piece, kLargestPiece);
  }
  content.resize(have);
  return content;
}

int errno_of(long result) {
  return result < 0 ? errno : 0;
}

std::uint64_t read_clock(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

// A 32-bit program must name the processor if the kernel is a 64-bit one (kexec_jump.md 4).
unsigned long kexec_architecture(const KernelNames& kernel) {
  return kernel.machine == "x86_64" ? KEXEC_ARCH_X86_64 : KEXEC_ARCH_386;
}

sigset_t held_signals() {
  sigset_t signals{};
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    sigaddset(&signals, number);
  }
  return signals;
}

}  // namespace

Result<UniqueFd> System::open(const std::string& path, int flags, mode_t mode) const {
  UniqueFd fd(::open((root_ + path).c_str(), flags | O_CLOEXEC, mode));
  if (!fd) {
    return fail_errno("cannot open", path);
  }
  return fd;
}

Result<std::string> System::read_file(const std::string& path) const {
  KJUMP_TRY(const UniqueFd fd, open(path, O_RDONLY));
  return read_all(path, kLargestFile,
                  [&](char* to, std::size_t bytes, std::size_t) { return ::read(fd.get(), to, bytes); });
}

Result<std::string> System::read_fact(const std::string& path) const {
  if (!facts_) {
    return read_file(path);
  }
  const auto known = facts_->find(path);
  return known != facts_->end() ? known->second : facts_->emplace(path, read_file(path)).first->second;
}

Result<std::string> System::read_at(const std::string& path, std::uint64_t offset, std::size_t bytes) const {
  KJUMP_TRY(const UniqueFd fd, open(path, O_RDONLY));
  KJUMP_TRY(std::string content, read_all(path, bytes, [&](char* to, std::size_t count, std::size_t done) {
              return ::pread(fd.get(), to, count, static_cast<off_t>(offset + done));
            }));
  if (content.size() != bytes) {
    return fail(ErrorCode::kMalformed, "file ends early", path);
  }
  return content;
}

std::string System::read_line(const std::string& path, const std::string& fallback) const {
  auto content = read_file(path);
  if (!content) {
    return fallback;
  }
  while (!content->empty() && content->back() == '\n') {
    content->pop_back();
  }
  return *std::move(content);
}

bool System::exists(const std::string& path) const {
  struct stat status {};
  return ::stat((root_ + path).c_str(), &status) == 0;
}

Result<std::string> System::real_path(const std::string& path) const {
  std::error_code error;
  const std::filesystem::path root = root_.empty() ? "/" : std::filesystem::canonical(root_, error);
  const std::filesystem::path real = error ? root : std::filesystem::canonical(root_ + path, error);
  if (error) {
    return fail(ErrorCode::kSystem, "cannot find", path, {}, error.value());
  }
  return "/" + real.lexically_relative(root).string();
}

Result<void> System::replace_file(const std::string& path, const std::string& content) const {
  const std::string draft = path + ".new";
  KJUMP_TRY(const UniqueFd fd, open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600));
  if (::write(fd.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()) ||
      ::rename((root_ + draft).c_str(), (root_ + path).c_str()) != 0) {
    return fail_errno("cannot write", path);
  }
  return {};
}

void System::remove_file(const std::string& path) const {
  ::unlink((root_ + path).c_str());
}

int System::write_line(const std::string& path, const std::string& text) {
  const auto fd = open(path, O_WRONLY);
  if (!fd) {
    return fd.error().system_errno;
  }
  return errno_of(::write(fd->get(), text.data(), text.size()));
}

std::vector<std::string> System::list_directory(const std::string& path) const {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(root_ + path, error)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

KernelNames System::kernel_names() const {
  utsname names{};
  ::uname(&names);
  return {names.release, names.machine};
}

std::uint64_t System::total_memory_bytes() const {
  struct sysinfo info {};
  ::sysinfo(&info);
  return std::uint64_t{info.totalram} * info.mem_unit;
}

std::uint64_t System::effective_capabilities() const {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
  if (::syscall(SYS_capget, &header, data.data()) != 0) {
    return 0;
  }
  return data[0].effective | (std::uint64_t{data[1].effective} << 32U);
}

int System::kexec_load(std::uint64_t entry, std::span<const kexec_segment> segments, std::uint64_t flags) {
  // Arguments are as wide as a register.
  return errno_of(::syscall(SYS_kexec_load, static_cast<unsigned long>(entry), segments.size(),
                            segments.data(),
                            static_cast<unsigned long>(flags) | kexec_architecture(kernel_names())));
}

int System::kexec_probe() {
  return errno_of(
      ::syscall(SYS_kexec_load, 0UL, 1UL, ~0UL, KEXEC_PRESERVE_CONTEXT | kexec_architecture(kernel_names())));
}

int System::reboot_kexec() {
  return errno_of(
      ::syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, 0UL));
}

int System::suspend() {
  return write_line("/sys/power/state", "mem");
}

void System::sync() {
  ::sync();
}

int System::get_affinity(cpu_set_t& cpus) const {
  return errno_of(::sched_getaffinity(0, sizeof(cpus), &cpus));
}

int System::set_affinity(const cpu_set_t& cpus) {
  return errno_of(::sched_setaffinity(0, sizeof(cpus), &cpus));
}

DescriptorTable System::store_gdt() const {
  struct __attribute__((packed)) {
    std::uint16_t limit;
    std::uint64_t base;
  } stored{};
  // A 32-bit program gets four bytes of base: the others stay zero.
  asm volatile("sgdt %0" : "+m"(stored));
  return {stored.base, stored.limit};
}

Result<std::uint64_t> System::random() const {
  std::uint64_t value = 0;
  if (::getrandom(&value, sizeof(value), 0) != static_cast<ssize_t>(sizeof(value))) {
    return fail_errno("cannot get random bytes", "getrandom");
  }
  return value;
}

Result<int> System::run_program(const std::string& path, const std::vector<std::string>& arguments,
                                const std::vector<std::string>& variables) {
  const std::string program = root_ + path;
  std::vector<std::string> texts{program};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(texts.size() + 1);
  for (std::string& text : texts) {
    argv.push_back(text.data());
  }
  argv.push_back(nullptr);
  std::vector<std::string> settings = variables;
  std::vector<char*> environment;
  environment.reserve(settings.size() + 1);
  for (std::string& setting : settings) {
    environment.push_back(setting.data());
  }
  for (char** inherited = ::environ; inherited != nullptr && *inherited != nullptr; ++inherited) {
    environment.push_back(*inherited);
  }
  environment.push_back(nullptr);
  pid_t child = 0;
  if (const int error =
          ::posix_spawn(&child, program.c_str(), nullptr, nullptr, argv.data(), environment.data());
      error != 0) {
    return fail(ErrorCode::kSystem, "cannot run", path, {}, error);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      return fail_errno("cannot wait for", path);
    }
  }
  constexpr int kSignalStatus = 128;  // as shells say it
  return WIFSIGNALED(status) ? kSignalStatus + WTERMSIG(status) : WEXITSTATUS(status);
}

int System::add_entropy(std::span<const std::uint8_t> bytes) {
  const auto fd = open("/dev/random", O_RDWR);
  if (!fd) {
    return fd.error().system_errno;
  }
  // struct rand_pool_info (linux/random.h): bits, bytes, content.
  constexpr int kBitsPerByte = 8;
  const std::array<int, 2> head{static_cast<int>(bytes.size()) * kBitsPerByte,
                                static_cast<int>(bytes.size())};
  std::vector<std::uint8_t> pool(sizeof(head) + bytes.size());
  std::memcpy(pool.data(), head.data(), sizeof(head));
  std::copy(bytes.begin(), bytes.end(), pool.begin() + sizeof(head));
  const int added = errno_of(::ioctl(fd->get(), RNDADDENTROPY, pool.data()));
  return added != 0 ? added : errno_of(::ioctl(fd->get(), RNDRESEEDCRNG));
}

std::uint64_t System::wall_seconds() const {
  return read_clock(CLOCK_REALTIME) / 1'000'000'000U;
}

int System::set_wall_seconds(std::uint64_t seconds) {
  const timespec now{static_cast<time_t>(seconds), 0};
  return errno_of(::clock_settime(CLOCK_REALTIME, &now));
}

std::uint64_t System::timestamp() const {
  return __rdtsc();
}

std::uint64_t System::monotonic_ns() const {
  return read_clock(CLOCK_MONOTONIC_RAW);
}

std::uint64_t System::boottime_ns() const {
  return read_clock(CLOCK_BOOTTIME);
}

void System::sleep_ns(std::uint64_t nanoseconds) const {
  const timespec duration{static_cast<time_t>(nanoseconds / 1'000'000'000U),
                          static_cast<long>(nanoseconds % 1'000'000'000U)};
  ::nanosleep(&duration, nullptr);
}

OnCpu0::OnCpu0(System& system) : system_(system), error_(system.get_affinity(before_)) {
  if (error_ == 0) {
    cpu_set_t first{};
    CPU_SET(0, &first);
    error_ = system_.set_affinity(first);
  }
}

OnCpu0::~OnCpu0() {
  if (error_ == 0) {
    static_cast<void>(system_.set_affinity(before_));
  }
}

SignalsHeld::SignalsHeld() {
  const sigset_t signals = held_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, &before_);
}

SignalsHeld::~SignalsHeld() {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool SignalsHeld::one_waits() {
  sigset_t waiting{};
  ::sigpending(&waiting);
  return sigismember(&waiting, SIGINT) == 1 || sigismember(&waiting, SIGTERM) == 1 ||
         sigismember(&waiting, SIGHUP) == 1;
}

}  // namespace kjump
