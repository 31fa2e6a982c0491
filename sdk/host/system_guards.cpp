// SPDX-License-Identifier: MIT
// What is put back when a scope ends: processors, signals.
#include <csignal>

#include "host/system.hpp"

namespace kjump {
namespace {

sigset_t held_signals() {
  sigset_t signals{};
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    sigaddset(&signals, number);
  }
  return signals;
}

}  // namespace

OnCpu0::OnCpu0(System& system) : system_(system), error_(system.get_affinity(before_)) {
  if (error_ == 0) {
    cpu_set_t first{};
    CPU_SET(0, &first);
    error_ = system_.set_affinity(first);
  }
}

OnCpu0::~OnCpu0() {
  if (error_ == 0) {
    static_cast<void>(system_.set_affinity(before_));
  }
}

SignalsHeld::SignalsHeld() {
  const sigset_t signals = held_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, &before_);
}

SignalsHeld::~SignalsHeld() {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool SignalsHeld::one_waits() {
  sigset_t waiting{};
  ::sigpending(&waiting);
  return sigismember(&waiting, SIGINT) == 1 || sigismember(&waiting, SIGTERM) == 1 ||
         sigismember(&waiting, SIGHUP) == 1;
}

}  // namespace kjump
