// SPDX-License-Identifier: MIT
#include "host/page_pin.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <kjump/abi/layout.hpp>

namespace kjump {
namespace {

// The kernel takes no larger buffer in one piece (io_uring/rsrc.c: io_buffer_validate).
constexpr std::size_t kLargestBuffer = std::size_t{1} << 30;
// A pipe has 40 bytes of kernel memory a page, in one piece: the most that a full and fragmented kernel need
// not have, then what every process may have, then what a pipe has anyway (fs/pipe.c).
constexpr std::array<std::size_t, 3> kPipeBytes{std::size_t{16} << 20, std::size_t{1} << 20,
                                                std::size_t{64} << 10};

/// A ring that does nothing but hold on to the buffer. Errno in `error` if there is none.
UniqueFd ring_around(std::span<std::byte> pages, int& error) {
  io_uring_params parameters{};
  UniqueFd ring(static_cast<int>(::syscall(SYS_io_uring_setup, 1, &parameters)));
  if (!ring) {
    error = errno;
    return {};
  }
  std::vector<iovec> buffers;
  for (std::size_t at = 0; at < pages.size(); at += kLargestBuffer) {
    buffers.push_back({pages.data() + at, std::min(kLargestBuffer, pages.size() - at)});
  }
  if (::syscall(SYS_io_uring_register, ring.get(), IORING_REGISTER_BUFFERS, buffers.data(),
                static_cast<unsigned>(buffers.size())) != 0) {
    error = errno;
    return {};
  }
  return ring;
}

/// Puts as much of the front of `pages` into a pipe as it holds, and takes that off. The pages stay there
/// as long as one end is open: the read end. Errno in `error` if nothing went in.
UniqueFd pipe_with(std::span<std::byte>& pages, int& error) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    error = errno;
    return {};
  }
  UniqueFd read_end(ends[0]);
  const UniqueFd write_end(ends[1]);
  for (const std::size_t bytes : kPipeBytes) {
    if (::fcntl(write_end.get(), F_SETPIPE_SZ, static_cast<int>(std::min(bytes, pages.size()))) >= 0) {
      break;
    }
  }
  std::size_t held = 0;
  while (held < pages.size()) {
    const iovec rest{pages.data() + held, pages.size() - held};
    const ssize_t now = ::vmsplice(write_end.get(), &rest, 1, SPLICE_F_NONBLOCK);
    if (now <= 0) {
      error = errno;
      break;
    }
    held += static_cast<std::size_t>(now);
  }
  if (held == 0) {
    return {};
  }
  // A page of which only a part went in is held as a whole; the next pipe may have it again.
  pages = pages.subspan(held / abi::kPageBytes * abi::kPageBytes);
  return read_end;
}

std::vector<UniqueFd> pipes_with(std::span<std::byte> pages, int& error) {
  std::vector<UniqueFd> pipes;
  while (!pages.empty()) {
    const std::size_t before = pages.size();
    UniqueFd pipe = pipe_with(pages, error);
    if (!pipe || pages.size() == before) {
      return {};
    }
    pipes.push_back(std::move(pipe));
  }
  return pipes;
}

}  // namespace

Result<PagePin> PagePin::take(std::span<std::byte> pages) {
  int ring_error = 0;
  if (UniqueFd ring = ring_around(pages, ring_error)) {
    std::vector<UniqueFd> holders;
    holders.push_back(std::move(ring));
    return PagePin(std::move(holders), "io_uring");
  }
  int pipe_error = 0;
  std::vector<UniqueFd> pipes = pipes_with(pages, pipe_error);
  if (!pipes.empty()) {
    return PagePin(std::move(pipes), "pipes");
  }
  return fail(ErrorCode::kUnsupported,
              fmt::format("cannot pin {} KiB of memory: io_uring: {}; pipes: {}", pages.size() / 1024,
                          std::strerror(ring_error), std::strerror(pipe_error)),
              "vmsplice",
              "allow more open files (ulimit -n), or io_uring (sysctl kernel.io_uring_disabled=0)");
}

}  // namespace kjump
