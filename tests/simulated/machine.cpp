// SPDX-License-Identifier: MIT
// Memory of the simulated machine, and the payloads' way in and out.
#include "simulated/machine.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "simulated/layout.hpp"

extern "C" std::uint32_t save_main();
extern "C" std::uint32_t restore_main();

namespace kjump::simulated {
namespace {

Machine* the_machine = nullptr;

}  // namespace

Machine& machine() {
  return *the_machine;
}

void map_memory(std::uint64_t address, std::uint64_t bytes) {
  void* wanted = reinterpret_cast<void*>(address);
  if (::mmap(wanted, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE,
             -1, 0) != wanted) {
    throw std::runtime_error("cannot map simulated memory");
  }
}

Machine::Machine(std::uint64_t seed, const Shape& shape)
    : save_request{},
      restore_request{},
      disk(2048 + shape.store_blocks * 8 + 4096),
      chance(seed),
      shape_(shape) {
  if (std::max(shape.pages_before, shape.pages_behind) * kPage > kMostMargin) {
    throw std::invalid_argument("the simulated machine's memory is too large");
  }
  the_machine = this;
  kinds_.assign((ram_end() - ram_start() + kGapBytes) / kPage, Content::kText);
  map_memory(ram_start(), ram_end() - ram_start());
  map_memory(kGap, kGapBytes);
  map_memory(abi::kExchangeBase, abi::kExchangeBytes);
  entry.door = static_cast<std::uint8_t>(abi::Door::kKexec);
  entry.efer = 1U << 10;
  make_kernel();
  make_store();
  make_requests();
  give_workspace();
  work();
}

Machine::~Machine() {
  ::munmap(reinterpret_cast<void*>(ram_start()), ram_end() - ram_start());
  ::munmap(reinterpret_cast<void*>(kGap), kGapBytes);
  ::munmap(reinterpret_cast<void*>(kTables), kTablesBytes);
  the_machine = nullptr;
}

std::uint64_t Machine::ram_start() const {
  return kWorkspace - shape_.pages_before * kPage;
}
std::uint64_t Machine::ram_end() const {
  return kWorkspaceEnd + shape_.pages_behind * kPage;
}

std::uint64_t Machine::address_of(std::uint64_t index) const {
  const std::uint64_t first = (ram_end() - ram_start()) / kPage;
  return index < first ? ram_start() + index * kPage : kGap + (index - first) * kPage;
}

std::uint8_t* Machine::page_at(std::uint64_t index) const {
  return reinterpret_cast<std::uint8_t*>(address_of(index));
}

void Machine::give_workspace() {
  std::vector<abi::BulkExtent> pieces;
  for (std::uint64_t at = kWorkspace; at < kWorkspaceEnd;) {
    const std::uint64_t bytes = std::min((1 + chance() % 256) * kPage, kWorkspaceEnd - at);
    pieces.push_back({at, bytes});
    at += bytes;
  }
  std::shuffle(pieces.begin(), pieces.end(), chance);
  lend(std::move(pieces));
}

void Machine::lend(std::vector<abi::BulkExtent> pieces) {
  constexpr std::uint64_t kSomeList = kPage;
  workspace = std::move(pieces);
  auto& header = *reinterpret_cast<abi::ExchangeHeader*>(abi::kExchangeBase);
  header.bulk_reply = {kSomeList, workspace.size()};
}

// From the end to the beginning, the saved machine's workspace among it.
void Machine::lend_of_what_is_saved() {
  std::vector<abi::BulkExtent> pieces;
  for (std::uint64_t at = ram_end(); at > ram_start();) {
    at -= kPage;
    if (kinds_[(at - ram_start()) / kPage] != Content::kOffline) {
      pieces.push_back({at, kPage});
    }
  }
  lend(std::move(pieces));
}

void Machine::work() {
  for (std::uint64_t i = 0; i < kinds_.size(); ++i) {
    auto* words = reinterpret_cast<std::uint64_t*>(page_at(i));
    if (kinds_[i] == Content::kOffline || is_workspace(address_of(i))) {
      continue;
    }
    for (std::size_t k = 0; k < kPage / 8; ++k) {
      words[k] = kinds_[i] == Content::kZero ? 0 : kinds_[i] == Content::kText && k % 4 != 0 ? i : chance();
    }
  }
}

void Machine::forget() {
  for (std::uint64_t i = 0; i < kinds_.size(); ++i) {
    if (kinds_[i] != Content::kOffline) {
      std::memset(page_at(i), 0xCC, kPage);
    }
  }
  std::memset(reinterpret_cast<void*>(abi::kExchangeBase), 0, abi::kExchangeBytes);
  became_ = false;
}

Machine::Memory Machine::memory() const {
  Memory memory(kinds_.size());
  for (std::uint64_t i = 0; i < kinds_.size(); ++i) {
    const bool counts = kinds_[i] != Content::kOffline && kinds_[i] != Content::kFree;
    if (counts && !is_workspace(address_of(i))) {
      memory[i].assign(page_at(i), page_at(i) + kPage);
    }
  }
  return memory;
}

bool Machine::holds(const Memory& memory) const {
  for (std::uint64_t i = 0; i < kinds_.size(); ++i) {
    if (!memory[i].empty() && std::memcmp(memory[i].data(), page_at(i), kPage) != 0) {
      return false;
    }
  }
  return true;
}

void Machine::fill_free_pages(std::uint8_t value) {
  for (std::uint64_t i = 0; i < kinds_.size(); ++i) {
    if (kinds_[i] == Content::kFree) {
      std::memset(page_at(i), value, kPage);
    }
  }
}

bool Machine::free_pages_hold(std::uint8_t value) const {
  for (std::uint64_t i = 0; i < kinds_.size(); ++i) {
    const std::uint8_t* page = page_at(i);
    if (kinds_[i] == Content::kFree &&
        !std::all_of(page, page + kPage, [value](std::uint8_t byte) { return byte == value; })) {
      return false;
    }
  }
  return true;
}

namespace {

template <typename Reply, typename Request>
Reply run(Machine& machine, const Request& request, std::uint32_t (*payload)()) {
  machine.request.assign(reinterpret_cast<const std::uint8_t*>(&request),
                         reinterpret_cast<const std::uint8_t*>(&request) + sizeof request);
  machine.reply.clear();
  machine.console.clear();
  payload();
  Reply reply{};
  if (machine.reply.size() == sizeof reply) {
    std::memcpy(&reply, machine.reply.data(), sizeof reply);
  }
  return reply;
}

}  // namespace

format::SaveReply Machine::save() {
  give_workspace();
  return run<format::SaveReply>(*this, save_request, save_main);
}

format::RestoreReply Machine::restore() {
  return run<format::RestoreReply>(*this, restore_request, restore_main);
}

}  // namespace kjump::simulated
