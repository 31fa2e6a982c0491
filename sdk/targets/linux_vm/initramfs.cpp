// SPDX-License-Identifier: MIT
#include "targets/linux_vm/initramfs.hpp"

#include <span>
#include <string>

#include <targets/guest_init.hpp>

#include "targets/linux_vm/cpio.hpp"
#include "targets/linux_vm/job_file.hpp"
#include "targets/linux_vm/static_program.hpp"

namespace kjump::targets {
namespace {

constexpr std::uint32_t kProgram = 0755;
constexpr std::uint32_t kData = 0644;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

Result<void> add_system(CpioWriter& cpio, Width width) {
  KJUMP_TRY(const auto busybox, busybox_program(width));
  KJUMP_TRY(const auto agent, agent_program(width));
  // Without a console node init would start without standard output.
  KJUMP_CHECK(cpio.add_character_device("/dev/console", 5, 1));
  KJUMP_CHECK(cpio.add_file("/bin/busybox", busybox, kProgram));
  KJUMP_CHECK(cpio.add_symlink("/bin/sh", "busybox"));
  KJUMP_CHECK(cpio.add_file("/bin/kjump", agent, kProgram));
  return cpio.add_file("/init", bytes_of(kGuestInit), kProgram);
}

Result<void> add_job(CpioWriter& cpio, const Job& job, const std::vector<GuestFile>& modules,
                     std::uint64_t nonce) {
  JobFile file{nonce, job.arguments, job.outputs, {}, job.echo};
  if (job.arguments.empty() == job.script.empty()) {
    return fail(ErrorCode::kInvalid, "a job is either a program with arguments or a script", "Job",
                "fill in exactly one of Job::arguments and Job::script");
  }
  if (!job.script.empty()) {
    file.arguments = {"/bin/sh", kScriptPath};
    KJUMP_CHECK(cpio.add_file(kScriptPath, bytes_of(job.script), kProgram));
  }
  for (const GuestFile& module : modules) {
    KJUMP_CHECK(cpio.add_file(module.path, module.content, kData));
    file.modules.push_back(module.path);
  }
  for (const GuestFile& content : job.files) {
    KJUMP_CHECK(cpio.add_file(content.path, content.content, content.executable ? kProgram : kData));
  }
  return cpio.add_file(kJobPath, bytes_of(encode_job(file)), kData);
}

}  // namespace

Result<std::vector<std::byte>> build_initramfs(const Job& job, const std::vector<GuestFile>& modules,
                                               Width width, std::uint64_t nonce) {
  CpioWriter cpio;
  KJUMP_CHECK(add_system(cpio, width));
  KJUMP_CHECK(add_job(cpio, job, modules, nonce));
  return std::move(cpio).finish();
}

}  // namespace kjump::targets
