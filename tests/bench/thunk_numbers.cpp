// SPDX-License-Identifier: MIT
// Guest instructions of firmware calls.
#include <cstdint>
#include <cstring>
#include <vector>

#include <fmt/format.h>

#include <kjump/target.hpp>

#include "bench/numbers.hpp"
#include "report/contract.hpp"

namespace kjump::bench {
namespace {

/// Costs of calls, measured by payloads/thunk_cost.cpp, in the order of its kCalls.
std::vector<std::uint32_t> measure(const RunRequest& request) {
  MachineOptions machine;
  machine.extra_arguments = {"-icount", "shift=0"};
  const auto loaded = must(kjump::Image::open(image("bench_thunk_cost")));
  const auto report = must(kjump::make_vm_target(machine)->run(loaded, request));
  std::vector<std::uint32_t> values(4);
  if (report.jumps.size() != 1 || report.jumps[0].reply.size() != values.size() * sizeof values[0]) {
    die("the thunk payload gave no numbers");
  }
  std::memcpy(values.data(), report.jumps[0].reply.data(), report.jumps[0].reply.size());
  return values;
}

const std::vector<std::uint32_t>& thunk_costs() {
  static const std::vector<std::uint32_t> costs = measure({});
  return costs;
}

double more_than_bare(const RunRequest& request) {
  return static_cast<double>(measure(request).front()) - static_cast<double>(thunk_costs().front());
}

}  // namespace

Number thunk(std::size_t index, std::optional<double> reference, const std::string& what) {
  return {static_cast<double>(thunk_costs().at(index)), "guest instructions", reference,
          what + ", physical mode to real mode and back, least of 5, -icount shift=0"};
}

Number contract_report() {
  RunRequest request;
  request.contract_classes = abi::kContractAll;
  Number number{
      more_than_bare(request), "guest instructions", std::nullopt,
      "an empty far call with all classes of the contract report, less one without, -icount shift=0; "
      "by class:"};
  for (std::uint32_t bit = 1; (abi::kContractAll & bit) != 0; bit <<= 1) {
    request.contract_classes = bit;
    number.how += fmt::format(" {} {:.0f},", report::class_list(bit), more_than_bare(request));
  }
  number.how.back() = '.';
  return number;
}

Number call_deadline() {
  constexpr std::uint32_t kSomewhatMs = 1'000;
  RunRequest request;
  request.call_deadline_ms = kSomewhatMs;
  return {more_than_bare(request), "guest instructions", std::nullopt,
          "an empty far call with a deadline before the jump's, less one without, -icount shift=0"};
}

}  // namespace kjump::bench
