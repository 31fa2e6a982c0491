// SPDX-License-Identifier: MIT
// What others do around a jump, in one Linux guest; fault_guest.cpp does it there, and says how each ended.
#include <map>
#include <sstream>

#include <kjump/linux_vm.hpp>

#include "bench/fault_matrix.hpp"
#include "bench/numbers.hpp"

namespace kjump::bench {
namespace {

std::map<std::string, std::string> run_guest() {
  LinuxVmOptions options;
  options.machine.cpus = 2;
  options.machine.extra_arguments = {"-nodefaults"};
  Job job;
  job.limit = std::chrono::seconds(120);
  job.arguments = {"/job/guest", "/job/empty.kjump", "/job/bare.bin"};
  job.files = {must(GuestFile::copy_of(KJUMP_FAULT_GUEST, "/job/guest", true)),
               must(GuestFile::copy_of(image("bench_empty"), "/job/empty.kjump")),
               must(GuestFile::copy_of(KJUMP_BARE, "/job/bare.bin"))};
  const auto result = LinuxVm(options).run(job);
  std::map<std::string, std::string> seen;
  std::istringstream lines(result ? result->out : "");
  for (std::string line; std::getline(lines, line);) {
    const auto bar = line.find('|');
    seen[line.substr(0, bar)] = bar == std::string::npos ? "" : line.substr(bar + 1);
  }
  if (!result || result->exit_code != 0) {
    std::printf("the guest: %s\n", result ? result->err.c_str() : result.error().text().c_str());
  }
  return seen;
}

}  // namespace

std::vector<Injection> linux_injections() {
  struct Case {
    const char* name;  ///< fault_guest.cpp's
    const char* what;
    const char* expected;
  };
  std::vector<Injection> list;
  for (const Case& one :
       {Case{"nonce", "the same image loaded by someone else meanwhile: a foreign nonce", "refused"},
        Case{"foreign", "another image loaded by someone else meanwhile", "refused"},
        Case{"unloaded", "the image unloaded by someone else meanwhile", "error: the kernel did not jump"},
        Case{"overwritten", "the exchange overwritten between load and jump", "returned"},
        Case{"second", "a second kjump while one has a session", "refused: busy"},
        Case{"killed-before", "kill -9 between load and jump, then another kjump",
             "told of the killed one; after kexec -u returned, nothing left loaded"},
        Case{"killed-during", "kill -9 in the middle of many jumps, then another kjump",
             "told of the killed one; after kexec -u returned, nothing left loaded"},
        Case{"health", "the same Linux afterwards", "no complaint in its log"}}) {
    list.push_back({"around a jump", one.what, one.expected, [one] {
                      static const auto seen = run_guest();
                      const auto found = seen.find(one.name);
                      return found == seen.end() ? std::string("nothing: the guest was lost") : found->second;
                    }});
  }
  return list;
}

}  // namespace kjump::bench
