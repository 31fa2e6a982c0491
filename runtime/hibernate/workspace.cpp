// SPDX-License-Identifier: MIT
#include "hibernate/workspace.hpp"

#include <kjump/payload.hpp>

namespace kjump::hibernate {

namespace {

bool is_among(const uint64_t* pages, uint32_t count, uint64_t page) {
  for (uint32_t i = 0; i < count; ++i) {
    if (pages[i] == page) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool Workspace::add(uint64_t address, uint64_t bytes) {
  if (address % kWorkspacePage != 0 || bytes % kWorkspacePage != 0 || address < kWorkspacePage) {
    return false;
  }
  for (uint64_t page = address; page < address + bytes; page += kWorkspacePage) {
    if (count_ == format::kMostWorkspacePages) {
      return false;
    }
    pages_[count_++] = page;
  }
  return true;
}

bool Workspace::fits(uint32_t count) const {
  return count >= 1 + table_pages_ + kFewestBuffers / kBuffersPerPage;
}

bool Workspace::divide(uint64_t table_bytes) {
  table_pages_ = static_cast<uint32_t>((table_bytes + kWorkspacePage - 1) / kWorkspacePage);
  if (!fits(count_)) {
    return false;
  }
  buffers_ = (count_ - 1 - table_pages_) * kBuffersPerPage;
  buffers_ = buffers_ < kMostBuffers ? buffers_ : kMostBuffers;
  return true;
}

bool Workspace::holds(uint64_t address) const {
  return is_among(pages_, count_, address & ~(kWorkspacePage - 1));
}

uint8_t* Workspace::state() const {
  return static_cast<uint8_t*>(physical(pages_[0]));
}

uint8_t* Workspace::table(uint64_t offset) const {
  return static_cast<uint8_t*>(physical(pages_[1 + offset / kWorkspacePage] + offset % kWorkspacePage));
}

uint64_t Workspace::buffer(uint32_t index) const {
  return pages_[1 + table_pages_ + index / kBuffersPerPage] +
         uint64_t{index % kBuffersPerPage} * format::kBatchBytes;
}

void Workspace::move_to(const uint64_t* pages, uint32_t count) {
  const uint32_t kept = 1 + table_pages_;  // what has content
  uint32_t next = 0;
  for (uint32_t i = 0; i < kept; ++i) {
    if (is_among(pages, count, pages_[i])) {
      continue;
    }
    while (is_among(pages_, kept, pages[next])) {  // there are more new pages than ones with content
      ++next;
    }
    __builtin_memcpy(physical(pages[next]), physical(pages_[i]), kWorkspacePage);
    pages_[i] = pages[next];
  }
  count_ = kept;
  for (uint32_t i = 0; i < count; ++i) {
    if (!is_among(pages_, kept, pages[i])) {
      pages_[count_++] = pages[i];
    }
  }
  buffers_ = (count_ - kept) * kBuffersPerPage;
  buffers_ = buffers_ < kMostBuffers ? buffers_ : kMostBuffers;
}

}  // namespace kjump::hibernate
