// SPDX-License-Identifier: MIT
/// A temporary directory with a support directory of its own: a stub of a few bytes and a linker script as
/// small as one can be, so that link tests say what the sdk does and not what the real runtime does.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <kjump/link.hpp>

#include "link/process.hpp"

namespace kjump::test {

// The stub: 16 bytes of entry, then the parameters, whose flags promise an exchange. The wake entry lies in
// the real block, which is linked at 0 and loaded at KJUMP_REAL_BASE. The numbers at the end are what the
// linker was told of abi/layout.hpp.
inline constexpr const char* kStubSource = R"(
extern kjump_main
global kjump_kexec_entry, kjump_wake_entry, kjump_parameters, layout
section .flat progbits alloc exec write align=16
kjump_kexec_entry: dd kjump_main
  times 12 db 0x90
kjump_parameters: dd {magic:#x}, 1
  times {own_bytes} - ($ - kjump_parameters) db 0
  dw {bytes}
  times {bytes} - ($ - kjump_parameters) db 0
section .real progbits alloc exec write align=16
  dw 0x1111
kjump_wake_entry: dw 0x2222
section .layout progbits alloc write align=4
%macro number 1
  extern KJUMP_%1
  dd KJUMP_%1
%endmacro
layout:
  number REAL_BASE
  number REAL_CODE_END
  number REAL_BYTES
  number BOUNCE_BASE
  number BOUNCE_BYTES
  number FLAT_BASE
  number FLAT_CODE_END
  number FLAT_END
  number PAGE_TABLES_BASE
  number PAGE_TABLES_BYTES
  number SUPERVISOR_STACK_TOP
  number REAL_STACK_TOP
  number FIRMWARE_STACK_TOP
  number FLAT_STACK_TOP
  number EXCHANGE_BASE
  number EXCHANGE_BYTES
)";

// .text and .data share a page but not a PT_LOAD; .bss follows in the next page; .zeros is another area.
inline constexpr const char* kScript = R"(
ENTRY(kjump_kexec_entry)
EXTERN(kjump_main)
PHDRS { real PT_LOAD; flat PT_LOAD; data PT_LOAD; bss PT_LOAD; zeros PT_LOAD; }
SECTIONS {
  .real 0 : AT(KJUMP_REAL_BASE) { KEEP(*(.real)) } :real
  .flat KJUMP_FLAT_BASE + 0x20 : AT(KJUMP_FLAT_BASE + 0x20) { KEEP(*(.flat)) *(.text .text.*) } :flat
  .data KJUMP_FLAT_BASE + 0x800 : AT(KJUMP_FLAT_BASE + 0x800) { KEEP(*(.layout)) *(.data) } :data
  .bss KJUMP_FLAT_BASE + 0x1000 (NOLOAD) : AT(KJUMP_FLAT_BASE + 0x1000) { *(.bss) } :bss
  .zeros KJUMP_FLAT_END (NOLOAD) : AT(KJUMP_FLAT_END) { . += KJUMP_PAGE_TABLES_BYTES; } :zeros
  ASSERT(. <= KJUMP_FLAT_END + KJUMP_PAGE_TABLES_BYTES, "does not fit")
}
)";

inline constexpr const char* kMain = "global kjump_main\nsection .text\nkjump_main: mov eax, 42\n ret\n";

class LinkWorkshop : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(support());
    const auto stub = assemble(
        "stub", fmt::format(fmt::runtime(kStubSource), fmt::arg("magic", abi::kParametersMagic),
                            fmt::arg("bytes", abi::kLoaderParametersBytes),
                            fmt::arg("own_bytes", offsetof(abi::LoaderParameters, parameters_bytes))));
    archive("support/libkjump-stub.a", {stub});
    for (const std::string mode : {"real", "physical"}) {
      archive("support/libkjump-" + mode + ".a", {assemble("nothing", "")});
      write("support/kjump-" + mode + ".ld", kScript);
    }
  }

  [[nodiscard]] std::filesystem::path path(const std::string& name) const { return directory_.path() / name; }
  [[nodiscard]] std::filesystem::path support() const { return path("support"); }

  std::filesystem::path write(const std::string& name, const std::string& text) {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }

  /// NASM source to object file.
  std::filesystem::path assemble(const std::string& name, const std::string& source,
                                 const char* format = "elf32") {
    const auto text = write(name + ".asm", source);
    const auto object = path(name + ".o");
    run({tool("nasm"), "-f", format, "-o", object.string(), text.string()});
    return object;
  }

  std::filesystem::path archive(const std::string& name, const std::vector<std::filesystem::path>& members) {
    std::vector<std::string> words{tool("ar"), "rcsD", path(name).string()};
    for (const auto& member : members) {
      words.push_back(member.string());
    }
    run(words);
    return path(name);
  }

  /// Options that link, for tests to spoil.
  LinkOptions options() {
    LinkOptions result;
    result.name = "test";
    result.inputs = {assemble("main", kMain)};
    result.support_directory = support();
    return result;
  }

 private:
  static std::string tool(const std::string& name) {
    const auto program = linking::find_program(name);
    EXPECT_TRUE(program) << "apt install nasm binutils";
    return program.value_or(name).string();
  }

  static void run(const std::vector<std::string>& words) {
    const auto end = linking::run_process(words);
    ASSERT_TRUE(end) << end.error().text();
    ASSERT_EQ(end->status, 0) << end->output;
  }

  linking::TemporaryDirectory directory_ = linking::TemporaryDirectory::make().value();
};

/// An environment variable that is put back at the end.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* old = std::getenv(name)) {
      old_ = old;
    }
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { old_ ? setenv(name_, old_->c_str(), 1) : unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  Variable(Variable&&) = delete;
  Variable& operator=(Variable&&) = delete;

 private:
  const char* name_;
  std::optional<std::string> old_;
};

}  // namespace kjump::test
