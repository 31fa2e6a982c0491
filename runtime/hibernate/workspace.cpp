// SPDX-License-Identifier: MIT
#include "hibernate/workspace.hpp"

#include <kjump/payload.hpp>

#include "long_mode/window.hpp"

namespace kjump::hibernate {

namespace {

constexpr uint64_t kPage = abi::kPageBytes;

uint8_t* page_of_window(uint64_t number) {
  return static_cast<uint8_t*>(physical(kWindowBase + number * kPage));
}

}  // namespace

bool suffices(uint64_t pages, uint64_t table_bytes) {
  return pages >= format::workspace_pages(table_bytes, format::kFewestBuffers);
}

bool Workspace::add(uint64_t address, uint64_t bytes) {
  if (address % kPage != 0 || bytes % kPage != 0 || address + bytes < address) {
    return false;
  }
  const uint64_t end = address + bytes;
  for (uint64_t at = address < format::kLowestWorkspace ? format::kLowestWorkspace : address; at < end;) {
    const uint64_t rest = (end - at) / kPage;
    const uint64_t pages = rest < format::kMostPiecePages ? rest : format::kMostPiecePages;
    if (count_ == format::kMostWorkspacePieces) {
      return true;  // the rest stays Linux's
    }
    pieces_[count_++] = format::piece_of(at, pages);
    at += pages * kPage;
  }
  return true;
}

bool Workspace::add(const uint64_t* pieces, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    if (!add(format::piece_address(pieces[i]), format::piece_pages(pieces[i]) * kPage)) {
      return false;
    }
  }
  return true;
}

bool Workspace::open(uint64_t table_bytes) {
  uint64_t pages = 0;
  for (uint32_t i = 0; i < count_; ++i) {
    pages += format::piece_pages(pieces_[i]);
  }
  if (!suffices(pages, table_bytes)) {
    return false;
  }
  close_window();
  for (uint32_t i = 0; i < count_; ++i) {
    for (uint64_t k = 0; k < format::piece_pages(pieces_[i]); ++k) {
      add_to_window(format::piece_address(pieces_[i]) + k * kPage);
    }
  }
  table_pages_ = (table_bytes + kPage - 1) / kPage;
  const uint64_t buffers = (window_pages() - format::kWorkStatePages - table_pages_) / format::kBufferPages;
  buffers_ = static_cast<uint32_t>(buffers < format::kMostBuffers ? buffers : format::kMostBuffers);
  return true;
}

uint8_t* Workspace::state() const {
  return page_of_window(0);
}

uint8_t* Workspace::table(uint64_t offset) const {
  return page_of_window(format::kWorkStatePages) + offset;
}

uint64_t Workspace::buffer(uint32_t index) const {
  return kWindowBase +
         (format::kWorkStatePages + table_pages_ + uint64_t{index} * format::kBufferPages) * kPage;
}

}  // namespace kjump::hibernate
