// SPDX-License-Identifier: MIT
// What a caller may not ask for.
#include "disk/check.hpp"

#include "disk/driver.hpp"

namespace kjump::disk {

namespace {

constexpr uint64_t k4GiB = uint64_t{1} << 32;

Error invalid(const char* command, const char* reason) {
  return {Code::kInvalid, command, reason};
}

Error check_transfer(const Disk& disk, const Request& request) {
  const Info& info = disk.info;
  const bool writing = request.operation == Operation::kWrite;
  const char* name = writing ? "write" : "read";
  if (writing && info.read_only) {
    return invalid(name, "the disk is read-only");
  }
  if (request.count == 0 || request.count > info.sectors || request.sector > info.sectors - request.count) {
    return invalid(name, "the sectors are not on the disk");
  }
  if (request.count > info.max_transfer_bytes / info.sector_bytes) {
    return invalid(name, "too many sectors for one request");
  }
  const uint64_t bytes = bytes_of(disk, request);
  if (request.address > info.address_limit || bytes > info.address_limit - request.address) {
    return invalid(name, "the buffer is where the device cannot reach it");
  }
  if ((request.address & (info.buffer_alignment - 1)) != 0) {
    return invalid(name, "the buffer is not aligned");
  }
  return {};
}

}  // namespace

Error check_storage(const Driver& driver, const void* storage, size_t bytes) {
  if (bytes < driver.storage_bytes) {
    return invalid("open", "the storage is too small");
  }
  if (address_of(storage) % kStorageAlignment != 0) {
    return invalid("open", "the storage is not aligned");
  }
  if (address_of(storage) + bytes > k4GiB) {
    return invalid("open", "the storage is not below 4 GiB");
  }
  return {};
}

Error check_request(const Disk& disk, const Request& request) {
  if (disk.driver == nullptr) {
    return invalid("submit", "the disk is not open");
  }
  if (disk.broken) {
    return {Code::kAborted, "submit", "the disk was given up when a deadline passed"};
  }
  if (request.operation != Operation::kFlush) {
    return check_transfer(disk, request);
  }
  return disk.info.can_flush ? Error{} : Error{Code::kUnsupported, "flush", "there is no such call"};
}

void copy_text(char* to, size_t room, const char* from, size_t bytes) {
  size_t length = bytes < room - 1 ? bytes : room - 1;
  for (size_t i = 0; i < length; ++i) {
    to[i] = from[i];
    length = from[i] == '\0' ? i : length;
  }
  while (length > 0 && to[length - 1] == ' ') {
    --length;
  }
  to[length] = '\0';
}

}  // namespace kjump::disk
