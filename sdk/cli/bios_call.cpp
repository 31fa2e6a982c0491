// SPDX-License-Identifier: MIT
// kjump bios call: any call by its registers, or a script of calls.
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bios/format.hpp"
#include "bios/script.hpp"
#include "cli/bios_commands.hpp"
#include "cli/call_options.hpp"
#include "report/json_contract.hpp"
#include "report/names.hpp"
#include "report/text.hpp"
#include "targets/qemu/files.hpp"

namespace kjump::cli {

namespace {

constexpr const char* kCallHelp =
    "Registers: NAME=VALUE (al ah ax eax .. ebp, ds es fs gs, flags, cf zf if df) or SEG:REG=SSSS:OOOO. "
    "Values:\n"
    "14, 0xE, 0Eh, SMAP (four capitals; in scripts 'SMAP'). All else starts as zero, CF and IF as one.\n"
    "Script: one call per line, # comments, \\ continues a line:\n"
    "  int 0x15 eax=0xE820 edx='SMAP' ecx=24 buffer es:di=24 repeat-while ebx stop-on-carry\n"
    "  call f000:e05b ax=1\n"
    "  memory 0x475 1\n"
    "Classes (docs/doors.md has the table):\n"
    "  pure      reads firmware's own tables: INT 11h, 12h, 15h E820h, 1Ah 02h, the list of disks (13h 08h "
    "41h "
    "48h)\n"
    "  stateful  changes firmware's state: all that is not known better\n"
    "  unsafe    refused after Linux, unless --unsafe is given: INT 13h on AHCI, NVMe, virtio, USB; INT 10h "
    "on a "
    "card\n"
    "            with a native driver; INT 16h with a USB keyboard; INT 18h, 19h, 15h 53h, 89h\n"
    "Far calls are not judged.\n"
    "Example: kjump bios call 0x12 --target vm";

struct CallOptions {
  BiosOptions common;
  std::vector<std::string> words;
  std::vector<std::string> buffers;
  std::string far;
  std::string repeat_while;
  std::string repeat_limit;
  std::filesystem::path script;
};

Error contradiction(const std::string& what, const std::string& hint) {
  return {ErrorCode::kInvalid, what, "bios call", hint, 0};
}

/// The command line in the words of a script's line.
std::vector<bios::Token> words_of(const CallOptions& options) {
  std::vector<bios::Token> words;
  const auto add = [&words](const std::string& text) { words.push_back(bios::argument(text)); };
  add(options.far.empty() ? "int" : "call");
  if (!options.far.empty()) {
    add(options.far);
  }
  for (const std::string& word : options.words) {
    add(word);
  }
  for (const std::string& buffer : options.buffers) {
    add("buffer");
    add(buffer);
  }
  for (const auto& [name, value] :
       {std::pair("repeat-while", &options.repeat_while), std::pair("repeat-limit", &options.repeat_limit)}) {
    if (!value->empty()) {
      add(name);
      add(*value);
    }
  }
  return words;
}

std::vector<bios::ScriptStep> steps_from_script(const CallOptions& options) {
  if (!options.words.empty() || !options.buffers.empty() || !options.far.empty() ||
      !options.repeat_while.empty() || !options.repeat_limit.empty()) {
    fail_usage(contradiction("--script cannot be mixed with a call on the command line",
                             "put the call into the script"));
  }
  const auto content = value_or_die(targets::read_file(options.script));
  const std::string text(reinterpret_cast<const char*>(content.data()), content.size());
  auto steps = bios::parse_script(text, options.script.string());
  if (!steps) {
    fail_usage(steps.error());
  }
  return *std::move(steps);
}

std::vector<bios::ScriptStep> steps_of(const CallOptions& options) {
  if (!options.script.empty()) {
    return steps_from_script(options);
  }
  if (options.words.empty() && options.far.empty()) {
    fail_usage(contradiction("nothing to call", "give an interrupt number, --far SEG:OFF or --script FILE"));
  }
  auto step = bios::parse_call(words_of(options));
  if (!step) {
    fail_usage(step.error());
  }
  return {*std::move(step)};
}

bios::Batch batch_of(std::vector<bios::ScriptStep>& steps) {
  bios::Batch batch;
  for (bios::ScriptStep& step : steps) {
    check_or_die(bios::load_inputs(step));
    batch.add(step.step);
  }
  // Says what does not fit before the target does anything.
  if (const auto request = batch.encode(); !request) {
    die(request.error());
  }
  return batch;
}

/// Buffers with out=FILE; the calls of a repetition one after the other.
void write_buffers(const std::vector<bios::ScriptStep>& steps, const bios::BatchReply& reply) {
  for (std::size_t index = 0; index < steps.size(); ++index) {
    for (const bios::CallBuffer& buffer : steps[index].buffers) {
      if (buffer.output_path.empty()) {
        continue;
      }
      std::vector<std::byte> content;
      for (const bios::CallResult* call : reply.calls_of(static_cast<std::uint32_t>(index))) {
        const auto slice = std::span(call->buffer).subspan(buffer.offset, buffer.bytes);
        content.insert(content.end(), slice.begin(), slice.end());
      }
      write_output(buffer.output_path, content);
    }
  }
}

std::string summary(const bios::BatchReply& reply) {
  const JumpReport& jump = reply.report.jumps.back();
  std::string line =
      fmt::format("{} call{} in one jump", reply.calls.size(), reply.calls.size() == 1 ? "" : "s");
  if (jump.phases.payload) {
    line += ", " + report::duration(*jump.phases.payload);
  }
  return line + " (* changed by the call)\n";
}

std::string text_of(const std::vector<bios::ScriptStep>& steps, const bios::BatchReply& reply) {
  std::string text;
  const bios::CallResult* previous = nullptr;
  for (const bios::CallResult& call : reply.calls) {
    const bool same_step = previous != nullptr && previous->step == call.step;
    text += bios::format_call(steps[call.step], same_step ? previous : nullptr, call) + "\n";
    previous = &call;
  }
  text += summary(reply) + report::contract_text(reply.report.jumps.back().contract);
  return reply.returned() ? text + bios::format_status(reply.status) : text;
}

void run_call(const CallOptions& options) {
  std::vector<bios::ScriptStep> steps = steps_of(options);
  const bios::BatchReply reply = run_batch(options.common, batch_of(steps));
  if (options.common.json) {
    bios::Json json = bios::to_json(steps, reply);
    json["target"] = reply.report.target;
    json["kernel"] = reply.report.kernel;
    json["contract"] = report::contract_to_json(reply.report.jumps.back().contract);
    json["stacks"] = report::stacks_to_json(reply.report.jumps.back());
    json["outcome"] = report::outcome_name(reply.report.jumps.back().outcome);
    print_text(json.dump(2, ' ', true) + "\n");
  } else {
    print_text(text_of(steps, reply));
  }
  write_buffers(steps, reply);
  std::fflush(stdout);
  check_or_die(bios::check_complete(reply));
}

}  // namespace

void add_bios_call(CLI::App& bios) {
  CLI::App* command = bios.add_subcommand("call", "Call an interrupt or a far address with given registers.");
  auto options = std::make_shared<CallOptions>();
  command->add_option("words", options->words, "interrupt number (0x15 or 15h), then registers")
      ->type_name("VECTOR REG=VALUE");
  command
      ->add_option("--buffer", options->buffers,
                   "SEG:REG=BYTES[,in=FILE][,out=FILE], e.g. es:di=512; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--repeat-while", options->repeat_while,
                      "call again while this register is not 0 and CF is clear");
  command->add_option("--repeat-limit", options->repeat_limit, "at most so many calls (default 1024)");
  command->add_option("--far", options->far, "far call to SEG:OFF (hexadecimal) instead of an interrupt");
  command->add_option("--script", options->script, "the calls of this file, all in one jump")
      ->type_name("FILE");
  add_report(*command, options->common.classes);
  options->common.add_to(*command);
  command->footer(kCallHelp);
  command->callback([options] { run_call(*options); });
}

}  // namespace kjump::cli
