// SPDX-License-Identifier: MIT
// The guest end of LinuxVm: runs the job, catches what it prints, and sends all of it through the port that
// the host has given it. A hidden command, since it makes sense in such a guest only.
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "cli/commands.hpp"
#include "host/unique_fd.hpp"
#include "targets/linux_vm/frame.hpp"
#include "targets/linux_vm/job_file.hpp"
#include "targets/linux_vm/kernel_modules.hpp"
#include "targets/qemu/files.hpp"

namespace kjump::cli {
namespace {

namespace fs = std::filesystem;

// A job that is lost later should leave a trace in the console's log, but not fill it.
constexpr std::size_t kEchoBytes = 4096;
constexpr std::chrono::seconds kPortWait{5};

/// One captured stream of the job.
struct Capture {
  UniqueFd fd;
  std::string* text;
  bool echo;

  /// Takes what is there; false at the end of the stream.
  [[nodiscard]] bool take() const {
    std::array<char, 65536> block;
    const ssize_t got = ::read(fd.get(), block.data(), block.size());
    if (got < 0) {
      return errno == EINTR;
    }
    const std::size_t echoed = std::min(text->size(), kEchoBytes);
    text->append(block.data(), static_cast<std::size_t>(got));
    const std::size_t end = echo ? std::min(text->size(), kEchoBytes) : echoed;
    [[maybe_unused]] const ssize_t ignored = ::write(STDOUT_FILENO, text->data() + echoed, end - echoed);
    return got > 0;
  }
};

[[noreturn]] void run_job(std::vector<std::string> arguments, int out, int err) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) {
    argv.push_back(argument.data());
  }
  argv.push_back(nullptr);
  ::setpgid(0, 0);  // a job that kills its process group does not kill us
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  ::execvp(argv[0], argv.data());
  const Error error = fail_errno("cannot execute", arguments.front()).value();
  std::fprintf(stderr, "kjump-agent: %s\n", error.text().c_str());
  ::_exit(127);
}

Result<std::array<UniqueFd, 2>> make_pipe() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return fail_errno("cannot make a pipe");
  }
  return std::array<UniqueFd, 2>{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// Reads both streams until the job has ended and they are empty. A process that the job left behind may
/// hold them open for ever, so the end of the job ends the wait.
void collect(std::array<Capture, 2>& captures, pid_t job, int& status) {
  bool running = true;
  while (true) {
    std::array<pollfd, 2> entries{{{captures[0].fd.get(), POLLIN, 0}, {captures[1].fd.get(), POLLIN, 0}}};
    const int ready = ::poll(entries.data(), entries.size(), running ? 20 : 0);
    for (std::size_t i = 0; ready > 0 && i < entries.size(); ++i) {
      if (entries.at(i).revents != 0 && !captures.at(i).take()) {
        captures.at(i).fd.reset();
      }
    }
    if (ready <= 0 && !running) {
      return;
    }
    running = running && ::waitpid(job, &status, WNOHANG) == 0;
  }
}

Result<JobResult> execute(const std::vector<std::string>& arguments, bool echo) {
  KJUMP_TRY(auto out, make_pipe());
  KJUMP_TRY(auto err, make_pipe());
  const pid_t job = ::fork();
  if (job < 0) {
    return fail_errno("cannot start the job", arguments.front());
  }
  if (job == 0) {
    run_job(arguments, out[1].get(), err[1].get());
  }
  out[1].reset();
  err[1].reset();
  JobResult result;
  std::array<Capture, 2> captures{
      {{std::move(out[0]), &result.out, echo}, {std::move(err[0]), &result.err, true}}};
  int status = 0;
  collect(captures, job, status);
  result.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

/// The device node of the port, which appears a moment after the driver has found it.
Result<fs::path> find_port() {
  const auto deadline = std::chrono::steady_clock::now() + kPortWait;
  do {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/sys/class/virtio-ports", error)) {
      std::string name;
      std::ifstream(entry.path() / "name") >> name;
      if (name == targets::kAgentPort) {
        return fs::path("/dev") / entry.path().filename();
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  } while (std::chrono::steady_clock::now() < deadline);
  return fail(ErrorCode::kUnsupported, "there is no virtio-serial port of that name", targets::kAgentPort,
              "the kernel needs CONFIG_VIRTIO_CONSOLE and CONFIG_VIRTIO_PCI");
}

Result<void> send(const std::vector<std::byte>& frame) {
  KJUMP_TRY(const fs::path path, find_port());
  const UniqueFd port(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!port) {
    return fail_errno("cannot open the port", path.string());
  }
  for (std::span<const std::byte> rest = frame; !rest.empty();) {
    const ssize_t put = ::write(port.get(), rest.data(), rest.size());
    if (put < 0 && errno != EINTR) {
      return fail_errno("cannot send the result", path.string());
    }
    rest = rest.subspan(put < 0 ? 0 : static_cast<std::size_t>(put));
  }
  return {};
}

Result<void> run_agent(const std::string& path) {
  KJUMP_TRY(const auto job, targets::decode_job(targets::read_log(path)));
  if (job.arguments.empty()) {
    return fail(ErrorCode::kMalformed, "the job has no program", path);
  }
  KJUMP_CHECK(targets::insert_modules(job.modules));
  KJUMP_TRY(JobResult result, execute(job.arguments, job.echo));
  for (const std::string& output : job.outputs) {
    if (auto content = targets::read_file(output)) {
      result.files[output] = *std::move(content);
    }
  }
  ::sync();  // what the job wrote to disks is there when the host hears of its end
  return send(targets::encode_frame(job.nonce, result));
}

}  // namespace

void add_agent(CLI::App& app) {
  CLI::App* command = app.add_subcommand("agent", "Run a job in a guest of kjump's own.")->group("");
  static std::string path;
  command->add_option("job", path, "job file")->required();
  command->callback([] {
    if (const auto done = run_agent(path); !done) {
      std::fprintf(stderr, "kjump-agent: %s\n", done.error().text().c_str());
      throw Exit{kExitFailed};
    }
  });
}

}  // namespace kjump::cli
