// SPDX-License-Identifier: MIT
#include "boot/multiboot_program.hpp"

#include <span>

#include <kjump/abi/boot.hpp>
#include <kjump/abi/hibernate/restore.hpp>

#include "embedded/embedded.hpp"

namespace kjump::boot {
namespace {

template <typename Struct>
void append_struct(std::vector<std::byte>& bytes, const Struct& value) {
  const auto part = std::as_bytes(std::span(&value, 1));
  bytes.insert(bytes.end(), part.begin(), part.end());
}

}  // namespace

std::vector<std::byte> multiboot_program(const Program& program) {
  const auto code = embedded_multiboot();
  std::vector<std::byte> file(code.begin(), code.end());
  const bool has_request = program.request_bytes >= sizeof(abi::hibernate::RestoreRequest);
  append_struct(
      file, abi::MultibootPlan{abi::kMultibootPlanMagic, static_cast<std::uint32_t>(program.pieces.size()),
                               program.entry_flat, has_request ? program.request : 0});
  for (const Piece& piece : program.pieces) {
    append_struct(file, abi::MultibootPiece{piece.address, static_cast<std::uint32_t>(piece.content.size())});
  }
  for (const Piece& piece : program.pieces) {
    file.insert(file.end(), piece.content.begin(), piece.content.end());
  }
  return file;
}

}  // namespace kjump::boot
