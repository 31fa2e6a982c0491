// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include "cli/commands.hpp"
#include "report/terminal.hpp"

namespace kjump::cli {

void die(const Error& error) {
  std::fprintf(stderr, "kjump: %s\n", report::for_terminal(error.text()).c_str());
  throw Exit{kExitFailed};
}

}  // namespace kjump::cli

namespace {

int run(int argc, char** argv) {
  using namespace kjump::cli;
  CLI::App app{"Run code in the processor's physical world from Linux, and come back.", "kjump"};
  app.set_version_flag("--version", KJUMP_VERSION);
  app.require_subcommand(1);
  app.footer("Exit codes: 0 ok, 1 failed, 2 usage.");
  add_doctor(app);
  add_run(app);
  add_bios(app);
  add_inspect(app);
  add_link(app);
  add_guest(app);
  add_wake(app);
  add_last_crash(app);
  add_hibernate(app);
  add_resume(app);
  add_suspend_then_hibernate(app);
  add_image(app);
  add_kernel(app);
  add_snapshot(app);
  add_agent(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 exits 0 for --help and --version, above 100 for wrong usage.
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  } catch (const Exit& exit) {
    return exit.code;
  }
  return kExitOk;
}

}  // namespace

int main(int argc, char** argv) {
  // The library returns errors; what is thrown past run() is a bug or a machine without memory.
  try {
    if (::getpid() == 1 && argc > 0 && std::string_view(argv[0]) == "/init") {
      return kjump::cli::run_as_snapshot_init();
    }
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kjump: unexpected: %s\n", error.what());
  } catch (...) {
    std::fputs("kjump: unexpected exception\n", stderr);
  }
  return kjump::cli::kExitFailed;
}
