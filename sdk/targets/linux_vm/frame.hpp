// SPDX-License-Identifier: MIT
/// The guest's answer on the wire: a frame with the run's nonce, every part with its length, and a checksum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <kjump/linux_vm.hpp>
#include <kjump/result.hpp>

namespace kjump::targets {

/// Name of the virtio-serial port that the frame goes through.
inline constexpr const char* kAgentPort = "org.kjump.agent";

[[nodiscard]] std::vector<std::byte> encode_frame(std::uint64_t nonce, const JobResult& result);

/// The first whole frame with this nonce in what came through the port. Bytes before it are skipped. The
/// error says what was there instead: nothing, no frame, a cut-off or damaged one, one of another run.
[[nodiscard]] Result<JobResult> find_frame(std::span<const std::byte> stream, std::uint64_t nonce);

}  // namespace kjump::targets
