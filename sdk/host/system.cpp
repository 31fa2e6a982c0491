// SPDX-License-Identifier: MIT
#include "host/system.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/random.h>
#include <linux/reboot.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <x86intrin.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

namespace kjump {
namespace {

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

}  // namespace

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

}  // namespace kjump
