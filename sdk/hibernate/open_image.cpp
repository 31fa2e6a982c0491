// SPDX-License-Identifier: MIT
#include "hibernate/open_image.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

namespace kjump::hibernate {
namespace {

using namespace abi::hibernate;

ReadBlocks reader_of(const Store& store) {
  return [&store](std::uint64_t first, std::span<std::byte> to) { return store.read_blocks(first, to); };
}

bool is_regular(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

Result<Store> open_for_reading(const std::string& path, std::optional<std::uint64_t> sector) {
  if (sector) {
    KJUMP_TRY(auto disk, open_disk(path, Access::kRead));
    return Store::on_disk(std::move(disk), *sector, path);
  }
  auto store = Store::open(path, Access::kRead);
  if (!store && is_regular(path)) {
    // A prepared file reads as zeros through its file system; what shows a header there is a copy.
    KJUMP_TRY(auto disk, open_disk(path, Access::kRead));
    if (auto copied = Store::copy(std::move(disk), path); copied) {
      return copied;
    }
  }
  return store;
}

Result<Slot> find_slot(const Store& store, std::optional<std::uint64_t> generation) {
  KJUMP_TRY(const Slots slots, store.slots());
  if (!generation) {
    if (const auto number = newest(slots); number) {
      return *slots[*number];
    }
    return fail(ErrorCode::kInvalid, "the store holds no image", store.path());
  }
  for (const auto& slot : slots) {
    if (slot && slot->commit.generation == *generation) {
      return *slot;
    }
  }
  return fail(ErrorCode::kInvalid, fmt::format("no image has generation {}", *generation), store.path(),
              "kjump hibernate status lists them");
}

Result<ImageReader> open_image(const Store& store, const Slot& slot) {
  return ImageReader::open(reader_of(store), store.header(), slot.commit);
}

std::string kernel_of(const Store& store, const Slot& slot) {
  const auto header =
      read_image_header(ImageBlocks(reader_of(store), store.header(), slot.commit), slot.commit);
  return header ? std::string(header->kernel) : std::string{};
}

}  // namespace kjump::hibernate
