// SPDX-License-Identifier: MIT
/// Pieces of the JSON form: registers, checked numbers, text of any bytes.
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

#include <kjump/abi/exchange.hpp>

namespace kjump::report {

/// Thrown while reading, caught before it leaves json.cpp.
struct Mismatch {
  std::string what;
};

/// A number that fits its type; JSON libraries cut silently.
template <typename Number, typename Json>
Number number(const Json& value, std::string_view key) {
  if (value.is_number_unsigned() &&
      value.template get<std::uint64_t>() <= std::numeric_limits<Number>::max()) {
    return static_cast<Number>(value.template get<std::uint64_t>());
  }
  throw Mismatch{fmt::format("{} is not a number in its range", key)};
}

/// Calls visit(key, field) for every field, in the order of the struct.
template <typename Entry, typename Visit>
requires std::is_same_v<std::remove_const_t<Entry>, abi::EntryState>
void visit_fields(Entry& entry, Visit visit) {
  visit("rsp", entry.rsp), visit("return_address", entry.return_address), visit("rflags", entry.rflags);
  visit("cr0", entry.cr0), visit("cr3", entry.cr3), visit("cr4", entry.cr4), visit("efer", entry.efer);
  visit("gdt_base", entry.gdt_base), visit("gdt_limit", entry.gdt_limit);
  visit("idt_base", entry.idt_base), visit("idt_limit", entry.idt_limit);
  visit("fs_base", entry.fs_base), visit("gs_base", entry.gs_base), visit("dr7", entry.dr7);
  visit("cs", entry.cs), visit("ss", entry.ss), visit("ds", entry.ds), visit("es", entry.es);
  visit("fs", entry.fs), visit("gs", entry.gs), visit("tr", entry.tr), visit("ldtr", entry.ldtr);
  visit("apic_base", entry.apic_base), visit("apic_spurious", entry.apic_spurious);
  visit("apic_lint0", entry.apic_lint0), visit("apic_lint1", entry.apic_lint1);
  visit("apic_timer", entry.apic_timer), visit("apic_tpr", entry.apic_tpr);
  visit("hpet_config", entry.hpet_config), visit("pit_status", entry.pit_status), visit("a20", entry.a20);
  visit("pic_mask_master", entry.pic_mask[0]), visit("pic_mask_slave", entry.pic_mask[1]);
  visit("pic_level_master", entry.pic_level[0]), visit("pic_level_slave", entry.pic_level[1]);
  visit("door", entry.door), visit("boot_drive", entry.boot_drive);
}

template <typename Fault, typename Visit>
requires std::is_same_v<std::remove_const_t<Fault>, abi::FaultRecord>
void visit_fields(Fault& fault, Visit visit) {
  visit("vector", fault.vector), visit("error_code", fault.error_code), visit("cs", fault.cs);
  visit("ip", fault.ip), visit("sp", fault.sp), visit("flags", fault.flags), visit("cr2", fault.cr2);
  visit("ax", fault.ax), visit("bx", fault.bx), visit("cx", fault.cx), visit("dx", fault.dx);
  visit("si", fault.si), visit("di", fault.di), visit("bp", fault.bp);
  visit("r8", fault.r8), visit("r9", fault.r9), visit("r10", fault.r10), visit("r11", fault.r11);
  visit("r12", fault.r12), visit("r13", fault.r13), visit("r14", fault.r14), visit("r15", fault.r15);
  visit("ss", fault.ss), visit("ds", fault.ds), visit("es", fault.es), visit("fs", fault.fs);
  visit("gs", fault.gs), visit("dr6", fault.dr6), visit("mode", fault.mode);
  visit("in_firmware", fault.in_firmware);
}

/// The call that was running at a fault; its registers are those that the payload gave.
template <typename Call, typename Visit>
requires std::is_same_v<std::remove_const_t<Call>, abi::FirmwareCall>
void visit_fields(Call& call, Visit visit) {
  auto& registers = call.registers;
  visit("vector", call.vector), visit("target_segment", call.target_segment);
  visit("target_offset", call.target_offset);
  visit("eax", registers.eax), visit("ebx", registers.ebx), visit("ecx", registers.ecx);
  visit("edx", registers.edx), visit("esi", registers.esi), visit("edi", registers.edi);
  visit("ebp", registers.ebp), visit("ds", registers.ds), visit("es", registers.es);
  visit("fs", registers.fs), visit("gs", registers.gs), visit("eflags", registers.eflags);
  visit("deadline_ms", call.deadline_ms);
}

template <typename Record, typename Visit>
requires std::is_same_v<std::remove_const_t<Record>, abi::ContractRecord>
void visit_fields(Record& record, Visit visit) {
  visit("vector", record.vector), visit("target_segment", record.target_segment);
  visit("target_offset", record.target_offset), visit("eax", record.eax), visit("index", record.index);
  visit("before", record.before), visit("after", record.after);
}

/// Registers as hexadecimal text: many readers of JSON lose digits of numbers above 2^53.
template <typename Json, typename Struct>
Json fields_to_json(const Struct& fields) {
  Json json = Json::object();
  visit_fields(fields, [&json](const char* key, auto value) { json[key] = fmt::format("{:#x}", value); });
  return json;
}

template <typename Json, typename Struct>
void fields_from_json(const Json& json, Struct& fields) {
  visit_fields(fields, [&json](const char* key, auto& field) {
    const std::string text = json.at(key).template get<std::string>();
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto parsed =
        std::from_chars(text.data() + (text.starts_with("0x") ? 2 : text.size()), end, value, 16);
    if (parsed.ec != std::errc() || parsed.ptr != end ||
        value > std::numeric_limits<std::remove_reference_t<decltype(field)>>::max()) {
      throw Mismatch{fmt::format("{} is not a hexadecimal number in its range", key)};
    }
    field = static_cast<std::remove_reference_t<decltype(field)>>(value);
  });
}

/// Any bytes as UTF-8, byte n becoming code point n.
inline std::string text_to_utf8(std::string_view text) {
  std::string out;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte < 0x80) {
      out += character;
    } else {
      out += static_cast<char>(0xC0 | byte >> 6);
      out += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return out;
}

inline std::string text_from_utf8(std::string_view utf8, std::string_view key) {
  std::string out;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    if (byte >= 0x80) {
      // Two-byte sequences C2 80 to C3 BF are the code points that text_to_utf8() makes.
      if ((byte != 0xC2 && byte != 0xC3) || i + 1 == utf8.size()) {
        throw Mismatch{fmt::format("{} holds a character above U+00FF", key)};
      }
      out += static_cast<char>((byte & 3) << 6 | (static_cast<unsigned char>(utf8[++i]) & 0x3F));
    } else {
      out += utf8[i];
    }
  }
  return out;
}

}  // namespace kjump::report
