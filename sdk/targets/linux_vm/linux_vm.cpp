// SPDX-License-Identifier: MIT
#include <utility>

#include <kjump/linux_vm.hpp>

#include "host/system.hpp"
#include "targets/linux_vm/guest_run.hpp"
#include "targets/qemu/files.hpp"

namespace kjump {

using namespace targets;

Result<GuestFile> GuestFile::copy_of(const std::filesystem::path& source, std::string path, bool executable) {
  KJUMP_TRY(std::vector<std::byte> content, read_file(source));
  return GuestFile{std::move(path), std::move(content), executable};
}

Result<JobResult> LinuxVm::run(const Job& job) const {
  KJUMP_TRY(const std::uint64_t nonce, System().random());
  KJUMP_TRY(GuestRun guest, run_linux(options_, job, nonce));
  // However QEMU ended: a whole result is a result. One that hangs while turning off was still in time.
  auto result = guest.result(nonce);
  if (!result) {
    return guest_failure(result.error().what, guest.outcome, guest.artifacts);
  }
  return result;
}

}  // namespace kjump
