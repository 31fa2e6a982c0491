// SPDX-License-Identifier: MIT
/// Where an image runs: one interface, three implementations (host, vm, linux-vm).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <kjump/abi/contract.hpp>
#include <kjump/abi/exchange.hpp>
#include <kjump/abi/firmware_call.hpp>
#include <kjump/call_class.hpp>
#include <kjump/door.hpp>
#include <kjump/image.hpp>
#include <kjump/result.hpp>

namespace kjump {

/// One run: an image, its request, and how many jumps to make in one session.
struct RunRequest {
  std::vector<std::byte> request;       ///< at most abi::kRequestCapacity bytes; the same for every jump
  std::vector<std::byte> bulk_request;  ///< for BulkReader, up to 1 GiB; not on target linux-vm
  std::uint64_t bulk_reply_room = 0;    ///< bytes that BulkWriter has, likewise
  std::uint32_t jumps = 1;
  std::uint32_t deadline_ms = 0;  ///< per jump; 0: the image's own, else kDefaultDeadlineMs
  /// For each firmware call that has none of its own; 0: none, only the jump's. The earlier one wins.
  std::uint32_t call_deadline_ms = 0;
  std::uint32_t contract_classes = 0;  ///< abi::kContract*: what to compare around every firmware call
  /// BIOS calls that the payload makes, those that are known. Where there is a Linux, a run with one that is
  /// unsafe after it is refused, and so is one with a vector that is empty.
  std::vector<PlannedCall> calls;
  bool allow_unsafe = false;  ///< make calls that are unsafe after Linux, too
  /// Told before the first jump what may go wrong in it (it is also in RunReport::notes); may be empty.
  std::function<void(const std::string&)> warn;
};

inline constexpr std::uint32_t kDefaultDeadlineMs = 30'000;

/// Durations in microseconds. A phase that the target has not got is empty.
struct Phases {
  std::optional<std::uint64_t> load;      ///< placing the image (first jump of a session only)
  std::optional<std::uint64_t> way_in;    ///< from the request to jump to the stub's first instruction
  std::optional<std::uint64_t> payload;   ///< kjump_main
  std::optional<std::uint64_t> way_back;  ///< from kjump_main's end until the caller runs again
};

/// What firmware changed that it must not change, and what it changed as it should.
struct ContractReport {
  std::uint32_t classes = 0;  ///< abi::kContract*: what was compared
  std::vector<abi::ContractRecord> records;
  std::uint32_t dropped = 0;  ///< changes that did not fit
  std::uint32_t skipped = 0;  ///< bit n: line n cannot be compared on that machine

  /// Changes that are no data.
  [[nodiscard]] std::size_t breaches() const;
};

/// What one jump gave.
struct JumpReport {
  abi::Outcome outcome = abi::Outcome::kPending;
  std::uint32_t status = 0;  ///< what kjump_main returned
  std::vector<std::byte> reply;
  std::uint64_t bulk_reply_bytes = 0;  ///< that the payload wrote, within the room that it had
  std::string console;
  bool console_cut = false;          ///< the payload printed more than the exchange holds
  std::uint32_t repairs = 0;         ///< abi::kRepair* bits
  std::uint32_t hardware_notes = 0;  ///< abi::kHardware* bits
  Phases phases;
  abi::EntryState entry{};         ///< the processor as the stub found it
  abi::FaultRecord fault{};        ///< meaningful when outcome is kFault or kTimeout
  std::uint32_t expired_call = 0;  ///< kTimeout: number of the call whose own deadline it was; 0: the jump's
  std::array<abi::StackMark, abi::kStacks> stacks{};  ///< how deep each went, as abi::Stack numbers them
  ContractReport contract;
  std::string place;   ///< where in the payload that was: "kjump_main+0x12"; empty in firmware
  std::string source;  ///< likewise, as file:line; empty without debug information
  std::string reason;  ///< in words, for kTimeout and kRefused
};

struct RunReport {
  std::string target;              ///< "host", "vm" or "linux-vm"
  std::string door;                ///< "kexec" or "wake", "carrier" for vm
  std::string door_reason;         ///< why that one; empty for vm
  std::string kernel;              ///< uname -r of the kernel that jumped; empty for vm
  std::vector<JumpReport> jumps;   ///< ends early after an outcome other than kReturned
  std::vector<std::string> notes;  ///< remarks for the user ("devices may be degraded ...")
  std::filesystem::path log;       ///< serial log of the virtual machine, if it is kept; empty for host
  /// Rules of the return contract that the image broke, in words (vm only). Linux might not have survived.
  std::vector<std::string> breaches;
  std::vector<std::byte> bulk_reply;  ///< of the last jump
};

/// Called with a short text when a target begins something that takes a while.
using Progress = std::function<void(const std::string&)>;

class Target {
 public:
  virtual ~Target() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  /// Runs the image. An Error means that nothing was jumped into or that the machine was lost; a
  /// fault or timeout of the payload is a RunReport.
  [[nodiscard]] virtual Result<RunReport> run(const Image& image, const RunRequest& request) = 0;
};

enum class DiskBus { kIde, kAhci, kNvme, kVirtio };

struct Disk {
  std::filesystem::path path;  ///< raw image
  DiskBus bus = DiskBus::kIde;
  bool read_only = false;
};

/// FILE[:ide|ahci|nvme|virtio]
[[nodiscard]] Result<Disk> parse_disk(const std::string& text);

struct MachineOptions {
  std::uint32_t cpus = 1;
  std::uint32_t memory_mib = 256;
  std::string cpu_model = "max";
  std::string machine = "pc";
  bool hpet = true;
  std::vector<Disk> disks;
  std::vector<std::string> extra_arguments;  ///< passed to QEMU as they are
  std::filesystem::path artifacts;  ///< keep log and command line here; empty: a directory of our own
  Progress progress;
};

struct LinuxVmOptions {
  MachineOptions machine;
  DoorOptions door;  ///< of the guest's kjump
  /// "6.12" or "6.1", built by scripts/kernel to jump; "debian" or "debian-6.12", the distribution's own; or
  /// the path of a bzImage.
  std::string kernel = "6.12";
  std::string extra_command_line;
};

[[nodiscard]] std::unique_ptr<Target> make_host_target(const DoorOptions& door = {}, Progress progress = {});
[[nodiscard]] std::unique_ptr<Target> make_vm_target(MachineOptions options);
[[nodiscard]] std::unique_ptr<Target> make_linux_vm_target(LinuxVmOptions options);

}  // namespace kjump
