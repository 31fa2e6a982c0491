// SPDX-License-Identifier: MIT
// Runs inside the guest: what others do around a jump. Prints "NAME|HOW IT ENDED", a line each.
#include <fcntl.h>
#include <linux/kexec.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <kjump/abi/layout.hpp>
#include <kjump/image.hpp>
#include <kjump/session.hpp>

namespace {

using kjump::Image;
using kjump::Session;

constexpr unsigned long kPageBytes = kjump::abi::kPageBytes;

void say(const char* name, const std::string& seen) {
  std::printf("%s|%s\n", name, seen.c_str());
  std::fflush(stdout);
}

Session must_open(const Image& image) {
  auto session = Session::open(image);
  if (!session) {
    std::fprintf(stderr, "%s\n", session.error().text().c_str());
    std::exit(1);
  }
  return *std::move(session);
}

std::string jump(Session& session) {
  const auto report = session.jump({});
  if (!report) {
    return "error: " + report.error().what;
  }
  switch (report->outcome) {
    case kjump::abi::Outcome::kReturned:
      return "returned";
    case kjump::abi::Outcome::kRefused:
      return "refused";
    default:
      return "another outcome";
  }
}

long kexec_load(unsigned long entry, std::vector<kexec_segment> segments) {
  return syscall(SYS_kexec_load, entry, segments.size(), segments.data(), KEXEC_PRESERVE_CONTEXT);
}

// The same image as of another session.
void load_with_foreign_nonce(const Image& image) {
  kjump::abi::LoaderParameters parameters;
  parameters.nonce = 0x0F0E1617;
  auto segments = image.prepared(parameters);
  std::vector<kexec_segment> list;
  for (auto& segment : *segments) {
    list.push_back({segment.content.data(), segment.content.size(),
                    reinterpret_cast<void*>(static_cast<std::uintptr_t>(segment.address)),
                    segment.memory_bytes});
  }
  if (kexec_load(image.info().kexec_entry, list) != 0) {
    std::perror("kexec_load of the foreign image");
  }
}

void overwrite_exchange() {
  const int memory = open("/dev/mem", O_RDWR | O_CLOEXEC);
  void* exchange = mmap(nullptr, kjump::abi::kExchangeBytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory,
                        kjump::abi::kExchangeBase);
  if (exchange == MAP_FAILED) {
    std::perror("map the exchange");
    return;
  }
  std::memset(exchange, 0xFF, kjump::abi::kExchangeBytes);
  munmap(exchange, kjump::abi::kExchangeBytes);
  close(memory);
}

char loaded() {
  std::ifstream file("/sys/kernel/kexec_loaded");
  return static_cast<char>(file.get());
}

// Runs `what` in a child that is killed after `microseconds`, or kills itself.
template <typename What>
void in_killed_child(What what, useconds_t microseconds) {
  const pid_t child = fork();
  if (child == 0) {
    what();
    raise(SIGKILL);
  }
  if (microseconds != 0) {
    usleep(microseconds);
    kill(child, SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFSIGNALED(status)) {
    std::fprintf(stderr, "the child was not killed\n");
  }
}

// The image of a killed kjump stays loaded, and might be somebody's own: the next one does not take it away.
std::string another_kjump(const Image& image) {
  const auto too_early = Session::open(image);
  const bool told = !too_early && too_early.error().text().find("which was killed") != std::string::npos;
  std::string seen = too_early ? "took over" : told ? "told of the killed one" : "refused";
  seen += "; after kexec -u ";
  kexec_load(0, {});
  {
    Session session = must_open(image);
    seen += jump(session);
  }
  return seen + (loaded() == '0' ? ", nothing left loaded" : ", an image stays loaded");
}

void what_others_load(const Image& image, const std::vector<char>& bare) {
  {
    Session session = must_open(image);
    load_with_foreign_nonce(image);
    say("nonce", jump(session));
  }
  {
    Session session = must_open(image);
    std::vector<char> page = bare;
    kexec_load(BARE_ADDRESS, {{page.data(), page.size(), reinterpret_cast<void*>(BARE_ADDRESS), kPageBytes}});
    say("foreign", jump(session));
  }
  {
    Session session = must_open(image);
    kexec_load(0, {});
    say("unloaded", jump(session));
  }
  Session session = must_open(image);
  overwrite_exchange();
  say("overwritten", jump(session));
}

void two_at_once(const Image& image) {
  Session session = must_open(image);
  const pid_t child = fork();
  if (child == 0) {
    const auto second = Session::open(image);
    _exit(second ? 0 : second.error().code == kjump::ErrorCode::kBusy ? 1 : 2);
  }
  int status = 0;
  waitpid(child, &status, 0);
  const char* const kSeen[] = {"taken", "refused: busy", "refused, for another reason"};
  const std::string first = jump(session);
  say("second", WIFEXITED(status) && WEXITSTATUS(status) <= 2 && first == "returned"
                    ? kSeen[WEXITSTATUS(status)]
                    : "the first one: " + first);
}

std::string complaints() {
  std::string log(1 << 20, '\0');
  const int bytes = klogctl(3, log.data(), static_cast<int>(log.size()));
  log.resize(bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
  for (const char* word : {"BUG", "WARNING", "Oops", "Call Trace", "general protection"}) {
    if (log.find(word) != std::string::npos) {
      return std::string("complains: ") + word;
    }
  }
  return log.empty() ? "the log cannot be read" : "no complaint in its log";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: fault_guest IMAGE BARE\n");
    return 2;
  }
  const auto image = Image::open(argv[1]);
  std::ifstream file(argv[2], std::ios::binary);
  const std::vector<char> bare((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!image || bare.empty()) {
    std::fprintf(stderr, "cannot read %s or %s\n", argv[1], argv[2]);
    return 1;
  }
  what_others_load(*image, bare);
  two_at_once(*image);
  in_killed_child(
      [&] {
        static Session session = must_open(*image);
        raise(SIGKILL);
      },
      0);
  say("killed-before", loaded() == '1' ? another_kjump(*image) : "nothing was loaded");
  in_killed_child(
      [&] {
        Session session = must_open(*image);
        while (jump(session) == "returned") {
        }
      },
      700'000);
  say("killed-during", another_kjump(*image));
  say("health", complaints());
}
