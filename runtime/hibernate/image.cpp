// SPDX-License-Identifier: MIT
#include "hibernate/image.hpp"

#include <kjump/payload.hpp>

#include "hibernate/hash.hpp"

namespace kjump::hibernate {

namespace {

alignas(format::kBlockBytes) uint8_t header_buffer[format::kImageHeaderBytes];

}  // namespace

format::ImageHeader& image_header() {
  return *reinterpret_cast<format::ImageHeader*>(header_buffer);
}

uint64_t image_header_address() {
  return reinterpret_cast<uint64_t>(header_buffer);
}

disk::Error read_slot(Store& store, uint32_t slot, Candidate& candidate) {
  candidate = {};
  candidate.slot = slot;
  disk::Error error = store.read_commit(slot, candidate.commit, candidate.valid);
  if (!error.failed() && candidate.valid) {
    error = store.read_state(slot, candidate.commit.generation, candidate.state, candidate.state_damaged);
  }
  return error;
}

disk::Error transfer_tables(Store& store, disk::Operation operation, const Workspace& workspace,
                            uint64_t first_block, uint64_t index, uint64_t bytes) {
  Buffer buffer;
  buffer.address = reinterpret_cast<uint64_t>(workspace.table(0));
  store.start_image(operation, first_block, index, format::blocks_of(bytes), buffer);
  return store.finish(buffer);
}

uint64_t hash_of_tables(const Workspace& workspace, uint64_t bytes) {
  return hash_of(workspace.table(0), bytes);
}

bool take_workspace(Workspace& workspace) {
  const auto& header = *static_cast<const abi::ExchangeHeader*>(physical(abi::kExchangeBase));
  BulkStream stream(header.bulk_reply);
  for (abi::BulkExtent extent = stream.take(~uint64_t{0}); extent.bytes != 0;
       extent = stream.take(~uint64_t{0})) {
    if (!workspace.add(extent.address, extent.bytes)) {
      return false;
    }
  }
  return true;
}

}  // namespace kjump::hibernate
