// SPDX-License-Identifier: MIT
#include "supervisor/trail.hpp"

#include <kjump/abi/layout.hpp>

using namespace kjump;

extern "C" abi::Trail* kjump_trail;  // the thunk's, too
abi::Trail* kjump_trail = nullptr;

namespace kjump::supervisor {

namespace {

abi::Trail nobodys_trail;

}  // namespace

void find_trail(const abi::LoaderParameters& parameters) {
  auto* record = reinterpret_cast<abi::CrashRecord*>(abi::kCrashRecordBase);
  const bool ours = (parameters.flags & abi::kParameterHasCrashRecord) != 0 &&
                    record->magic == abi::kCrashRecordMagic && record->nonce == parameters.nonce;
  kjump_trail = ours ? &record->trail : &nobodys_trail;
}

void set_stage(abi::Stage stage) {
  kjump_trail->stage = static_cast<uint32_t>(stage);
}

}  // namespace kjump::supervisor
