// SPDX-License-Identifier: MIT
#include "kernel/initrd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kjump::two_kernels {

Result<Initrd> Initrd::open(const System& system, const std::string& path) {
  Initrd initrd;
  initrd.path_ = path;
  if (path.empty()) {
    return initrd;
  }
  KJUMP_TRY(initrd.fd_, system.open(path, O_RDONLY));
  struct stat status {};
  if (::fstat(initrd.fd_.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= 0) {
    return fail(ErrorCode::kInvalid, "not a file with an initial RAM disk", path);
  }
  initrd.bytes_ = static_cast<std::uint64_t>(status.st_size);
  return initrd;
}

Result<void> Initrd::read(std::span<std::byte> to) const {
  for (std::size_t done = 0; done < to.size();) {
    const ssize_t got = ::pread(fd_.get(), to.data() + done, to.size() - done, static_cast<off_t>(done));
    if (got <= 0) {
      return got < 0 ? fail_errno("cannot read", path_)
                     : fail(ErrorCode::kMalformed, "file ends early", path_);
    }
    done += static_cast<std::size_t>(got);
  }
  return {};
}

}  // namespace kjump::two_kernels
