// SPDX-License-Identifier: MIT
// Guest instructions of firmware calls.
#include <cstdint>
#include <cstring>
#include <vector>

#include <kjump/target.hpp>

#include "bench/numbers.hpp"

namespace kjump::bench {
namespace {

/// Costs of the thunk, measured once by payloads/thunk_cost.cpp, in the order of its kCalls.
const std::vector<std::uint32_t>& thunk_costs() {
  static const std::vector<std::uint32_t> costs = [] {
    MachineOptions machine;
    machine.extra_arguments = {"-icount", "shift=0"};
    const auto loaded = must(kjump::Image::open(image("bench_thunk_cost")));
    const auto report = must(kjump::make_vm_target(machine)->run(loaded, {}));
    std::vector<std::uint32_t> values(4);
    if (report.jumps.size() != 1 || report.jumps[0].reply.size() != values.size() * sizeof values[0]) {
      die("the thunk payload gave no numbers");
    }
    std::memcpy(values.data(), report.jumps[0].reply.data(), report.jumps[0].reply.size());
    return values;
  }();
  return costs;
}

}  // namespace

Number thunk(std::size_t index, std::optional<double> reference, const std::string& what) {
  return {static_cast<double>(thunk_costs().at(index)), "guest instructions", reference,
          what + ", physical mode to real mode and back, least of 5, -icount shift=0"};
}

}  // namespace kjump::bench
