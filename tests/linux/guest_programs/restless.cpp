// SPDX-License-Identifier: MIT
// restless: a timer that wakes the machine, twice a second. The kernel's alarmtimer device refuses to suspend
// when the next one is less than two seconds away (kernel/time/alarmtimer.c: alarmtimer_suspend).
#include <csignal>
#include <ctime>

#include <unistd.h>

int main() {
  std::signal(SIGALRM, [](int) {});
  timer_t timer{};
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGALRM;
  const timespec half_a_second{.tv_sec = 0, .tv_nsec = 500'000'000};
  const itimerspec often{.it_interval = half_a_second, .it_value = half_a_second};
  if (::timer_create(CLOCK_BOOTTIME_ALARM, &event, &timer) != 0 ||
      ::timer_settime(timer, 0, &often, nullptr) != 0) {
    return 1;
  }
  for (;;) {
    ::pause();
  }
}
