// SPDX-License-Identifier: MIT
#include "simulated/disk.hpp"

#include <cstring>
#include <utility>

namespace kjump::simulated {

void Disk::transfer(disk::Request& request) {
  ++commands;
  if (fail_after_commands != 0 && --fail_after_commands == 0) {
    fail_after_commands = stays_dead ? 1 : 0;
    request.error = {failure, "SIMULATED", failure == disk::Code::kTimeout ? "no answer" : "device error", 0,
                     0};
    return;
  }
  const std::uint64_t offset = request.sector * 512;
  const std::uint64_t bytes = std::uint64_t{request.count} * 512;
  auto* memory = reinterpret_cast<std::uint8_t*>(request.address);
  bool cut = cut_after_commands != 0 && --cut_after_commands == 0;
  switch (request.operation) {
    case disk::Operation::kFlush:
      flush();
      break;
    case disk::Operation::kRead:
      std::memcpy(memory, now_.data() + offset, bytes);
      break;
    case disk::Operation::kWrite:
      ++writes;
      std::memcpy(now_.data() + offset, memory, bytes);
      loose_.push_back({offset, {memory, memory + bytes}});
      cut = cut || (cut_after_writes != 0 && --cut_after_writes == 0);
  }
  if (cut) {
    throw PowerCut{};
  }
}

void Disk::flush() {
  for (const Write& write : loose_) {
    std::memcpy(safe_.data() + write.offset, write.content.data(), write.content.size());
  }
  loose_.clear();
}

// Each sector of each write, in any order, may have got to the medium or not.
void Disk::lose_power(Loss loss, std::mt19937_64& chance) {
  for (const Write& write : loose_) {
    std::memcpy(now_.data() + write.offset, safe_.data() + write.offset, write.content.size());
  }
  for (Write& write : std::exchange(loose_, {})) {
    for (std::uint64_t at = 0; at < write.content.size(); at += 512) {
      const bool kept = loss == Loss::kSome          ? chance() % 2 == 0
                        : loss == Loss::kAllButFirst ? at == 0
                        : loss == Loss::kFirst       ? at != 0
                                                     : loss == Loss::kNone;
      if (kept) {
        std::memcpy(now_.data() + write.offset + at, write.content.data() + at, 512);
        std::memcpy(safe_.data() + write.offset + at, write.content.data() + at, 512);
      }
    }
  }
  cut_after_writes = cut_after_commands = fail_after_commands = 0;
}

void Disk::lose_power(std::mt19937_64& chance) {
  const std::uint64_t luck = chance() % 4;
  lose_power(luck == 0 ? Loss::kAll : luck == 1 ? Loss::kNone : Loss::kSome, chance);
}

void Disk::make_safe() {
  safe_ = now_;
  loose_.clear();
  cut_after_writes = cut_after_commands = fail_after_commands = 0;
}

void Disk::put(const std::vector<std::uint8_t>& content) {
  now_ = content;
  make_safe();
}

}  // namespace kjump::simulated
