// SPDX-License-Identifier: MIT
#include "targets/qemu/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

namespace kjump::targets {
namespace {

// Everything the child needs, prepared before fork(): another thread may hold the heap's lock then.
struct Prepared {
  std::vector<char*> argv;
  UniqueFd input, output, errors;
  int inherited_fd;
  pid_t parent;
};

[[noreturn]] void run_child(const Prepared& prepared, int report_fd) {
  // fork() rather than posix_spawn(): only so can the kernel be told to end the child with us, however we
  // end. A terminal's Ctrl-C reaches us alone, since the child has its own process group.
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::umask(077);  // QEMU's logs hold what a payload has printed
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const bool redirected = ::getppid() == prepared.parent && ::dup2(prepared.input.get(), STDIN_FILENO) >= 0 &&
                          ::dup2(prepared.output.get(), STDOUT_FILENO) >= 0 &&
                          ::dup2(prepared.errors.get(), STDERR_FILENO) >= 0 &&
                          (prepared.inherited_fd < 0 || ::fcntl(prepared.inherited_fd, F_SETFD, 0) == 0);
  if (redirected) {
    ::execvp(prepared.argv[0], prepared.argv.data());
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t ignored = ::write(report_fd, &error, sizeof error);
  ::_exit(127);
}

Result<Prepared> prepare(const ProcessSpec& spec) {
  const auto create = [](const std::filesystem::path& path) {
    return UniqueFd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  };
  Prepared prepared{{},
                    UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)),
                    create(spec.output),
                    create(spec.errors),
                    spec.inherited_fd,
                    ::getpid()};
  if (!prepared.input || !prepared.output || !prepared.errors) {
    return fail_errno("cannot open the output files of " + spec.arguments.front(), spec.output.string());
  }
  for (const std::string& argument : spec.arguments) {
    // execvp() wants char* but does not write.
    prepared.argv.push_back(
        const_cast<char*>(argument.c_str()));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  }
  prepared.argv.push_back(nullptr);
  return prepared;
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const ProcessSpec& spec) {
  KJUMP_TRY(const Prepared prepared, prepare(spec));
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return fail_errno("cannot make a pipe", spec.arguments.front());
  }
  const UniqueFd from_child(ends[0]);
  UniqueFd to_parent(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) {
    return fail_errno("cannot start a process", spec.arguments.front());
  }
  if (pid == 0) {
    run_child(prepared, to_parent.get());
  }
  ::setpgid(pid, pid);  // here too: whoever is first, kill() must find the group
  to_parent.reset();
  ChildProcess child(pid, UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))));
  if (!child.pidfd_) {
    return fail_errno("cannot watch a process (pidfd_open)", spec.arguments.front());
  }
  // The pipe closes by itself when exec succeeds; otherwise errno comes through it.
  int error = 0;
  if (::read(from_child.get(), &error, sizeof error) == sizeof error) {
    return fail(ErrorCode::kSystem, "cannot execute " + spec.arguments.front(), {}, {}, error);
  }
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), pidfd_(std::move(other.pidfd_)) {}

Result<std::optional<ProcessEnd>> ChildProcess::wait(std::chrono::milliseconds limit) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + limit;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd entry{pidfd_.get(), POLLIN, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000)));
    if (ready < 0 && errno != EINTR) {
      return fail_errno("cannot wait for a process");
    }
    if (ready > 0) {
      break;
    }
    if (ready == 0 && left <= 0) {
      return std::optional<ProcessEnd>{};
    }
  }
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0) {
    return fail_errno("cannot read how a process ended");
  }
  kill();  // its own children may live on in the group
  return std::optional<ProcessEnd>(ProcessEnd{info.si_code != CLD_EXITED, info.si_status});
}

void ChildProcess::kill() {
  if (pid_ == 0) {
    return;
  }
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);  // in case it had not reached setpgid() yet
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED) != 0 && errno == EINTR) {
  }
  pid_ = 0;
}

}  // namespace kjump::targets
