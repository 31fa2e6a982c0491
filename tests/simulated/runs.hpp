// SPDX-License-Identifier: MIT
/// Payloads run on the simulated machine, and how they ended.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <stdexcept>

#include <kjump/abi/hibernate/image.hpp>
#include <kjump/abi/hibernate/restore.hpp>
#include <kjump/abi/hibernate/save.hpp>
#include <kjump/abi/hibernate/slots.hpp>
#include <kjump/abi/hibernate/store.hpp>

#include "hibernate/hash.hpp"
#include "simulated/machine.hpp"

namespace kjump::simulated {

enum class End { kReturned, kPoweredOff, kPowerCut, kReset };

template <typename Reply>
struct Ended {
  End end = End::kReturned;
  Reply reply{};
};

template <typename Reply>
Ended<Reply> ended(const std::function<Reply()>& payload) {
  try {
    return {End::kReturned, payload()};
  } catch (const PoweredOff&) {
    return {End::kPoweredOff, {}};
  } catch (const Reset&) {
    return {End::kReset, {}};
  } catch (const PowerCut&) {
    return {End::kPowerCut, {}};
  }
}

inline Ended<format::SaveReply> save(Machine& machine) {
  return ended<format::SaveReply>([&machine] { return machine.save(); });
}

inline Ended<format::RestoreReply> restore(Machine& machine) {
  return ended<format::RestoreReply>([&machine] { return machine.restore(); });
}

/// New work, saved, the machine switched off: what memory held.
inline Machine::Memory saved(Machine& machine) {
  machine.work();
  Machine::Memory memory = machine.memory();
  if (save(machine).end != End::kPoweredOff) {
    throw std::logic_error("the simulated machine was not saved: " + machine.console);
  }
  machine.disk.lose_power(machine.chance);
  machine.forget();
  return memory;
}

template <typename Record>
Record& record_in(Machine& machine, std::uint64_t block) {
  return *reinterpret_cast<Record*>(machine.block(block));
}

inline format::CommitRecord commit_of(Machine& machine, std::uint32_t slot) {
  return record_in<format::CommitRecord>(machine, format::kCommitBlock + slot);
}

/// Hashes of header and commit record of slot 0 made right again, as by somebody who damages on purpose.
inline void mend_header(Machine& machine) {
  auto& commit = record_in<format::CommitRecord>(machine, format::kCommitBlock);
  auto& header = record_in<format::ImageHeader>(machine, commit.first_block);
  header.hash = hibernate::own_hash(header);
  commit.header_hash = hibernate::hash_of(&header, format::kImageHeaderBytes);
  commit.hash = hibernate::own_hash(commit);
}

inline void flip(std::uint8_t* byte) {
  *byte ^= 0x10;
}

}  // namespace kjump::simulated
