// SPDX-License-Identifier: MIT
// Rule: a damaged file is refused with an error that names the path and the offset of the damage; no bytes
// whatever crash the parser (run this under AddressSanitizer too: preset "asan").
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "image/note.hpp"
#include "unit/image_parts.hpp"

namespace kjump::test {
namespace {

using Bytes = std::vector<std::byte>;

constexpr std::size_t kNoteHeader = sizeof(Elf64_Ehdr);               // first program header
constexpr std::size_t kFirstLoad = kNoteHeader + sizeof(Elf64_Phdr);  // second one

template <typename T>
void put(Bytes& bytes, std::size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

template <typename T>
T get(const Bytes& bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::size_t descriptor_offset(const Bytes& bytes) {
  const auto header = get<Elf64_Phdr>(bytes, kNoteHeader);
  return header.p_offset + header.p_filesz - abi::kImageNoteBytes;
}

struct Damage {
  const char* name;
  std::function<std::size_t(Bytes&)> inflict;  ///< returns the offset that the error has to name
  ErrorCode code;
  const char* words;
};

std::vector<Damage> all_damages() {
  return {
      {"Magic",
       [](Bytes& b) {
         b[1] = std::byte{'e'};
         return 0U;
       },
       ErrorCode::kMalformed, "no ELF file"},
      {"Class",
       [](Bytes& b) {
         put<unsigned char>(b, EI_CLASS, ELFCLASS32);
         return 4U;
       },
       ErrorCode::kMalformed, "another ELF class"},
      {"Order",
       [](Bytes& b) {
         put<unsigned char>(b, EI_DATA, ELFDATA2MSB);
         return 5U;
       },
       ErrorCode::kMalformed, "little-endian"},
      {"Type",
       [](Bytes& b) {
         put<Elf64_Half>(b, 16, ET_DYN);
         return 16U;
       },
       ErrorCode::kMalformed, "ELF type"},
      {"Machine",
       [](Bytes& b) {
         put<Elf64_Half>(b, 18, EM_ARM);
         return 18U;
       },
       ErrorCode::kMalformed, "machine"},
      {"Entry",
       [](Bytes& b) {
         put<Elf64_Addr>(b, 24, 0x40001);
         return 24U;
       },
       ErrorCode::kMalformed, "ELF entry"},
      {"HeaderCount",
       [](Bytes& b) {
         put<Elf64_Half>(b, 56, 0xFFFF);
         return 56U;
       },
       ErrorCode::kMalformed, "65535 program headers"},
      {"NoteGone",
       [](Bytes& b) {
         put<Elf64_Word>(b, kNoteHeader, PT_NULL);
         return 64U;
       },
       ErrorCode::kMalformed, "no KJUMP note"},
      {"NoteOutside",
       [](Bytes& b) {
         put<Elf64_Off>(b, kNoteHeader + offsetof(Elf64_Phdr, p_offset), ~Elf64_Off{0});
         return kNoteHeader;
       },
       ErrorCode::kMalformed, "outside the file"},
      {"NewerFormat",
       [](Bytes& b) {
         put<std::uint16_t>(b, descriptor_offset(b), 2);
         return descriptor_offset(b);
       },
       ErrorCode::kUnsupported, "image format 2 is newer than this kjump (1)"},
      {"ShortNote",
       [](Bytes& b) {
         put<std::uint16_t>(b, descriptor_offset(b) + 2, 187);
         return descriptor_offset(b) + 2;
       },
       ErrorCode::kMalformed, "it says 187 bytes"},
      {"EndlessName",
       [](Bytes& b) {
         const std::size_t field = descriptor_offset(b) + offsetof(abi::ImageNote, name);
         std::fill_n(b.begin() + static_cast<std::ptrdiff_t>(field), sizeof(abi::ImageNote::name),
                     std::byte{'x'});
         return field;
       },
       ErrorCode::kMalformed, "name has no end"},
      {"ContentOutside",
       [](Bytes& b) {
         put<Elf64_Off>(b, kFirstLoad + offsetof(Elf64_Phdr, p_offset), b.size() - 1);
         return kFirstLoad;
       },
       ErrorCode::kMalformed, "segment content"},
      {"HighSegment",
       [](Bytes& b) {
         put<Elf64_Addr>(b, kFirstLoad + offsetof(Elf64_Phdr, p_vaddr), 0x100010000);
         put<Elf64_Addr>(b, kFirstLoad + offsetof(Elf64_Phdr, p_paddr), 0x100010000);
         return kFirstLoad;
       },
       ErrorCode::kLimit, "0x100010000"},
      {"VirtualIsNotPhysical",
       [](Bytes& b) {
         put<Elf64_Addr>(b, kFirstLoad + offsetof(Elf64_Phdr, p_vaddr), 0);
         return kFirstLoad;
       },
       ErrorCode::kMalformed, "differs from its physical address"},
      {"SectionsOutside",
       [](Bytes& b) {
         put<Elf64_Off>(b, 40, b.size());
         return 0U;
       },
       ErrorCode::kMalformed, "section header table"},
  };
}

class DamagedImage : public testing::TestWithParam<Damage> {};

TEST_P(DamagedImage, IsRefusedWithPathAndOffset) {
  Bytes bytes = sample_bytes();
  const std::size_t offset = GetParam().inflict(bytes);
  const auto image = Image::parse(bytes, "dir/damaged.kjump");
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, GetParam().code) << image.error().text();
  EXPECT_THAT(image.error().what, testing::HasSubstr(GetParam().words));
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "offset 0x%zx", offset);
  EXPECT_EQ(image.error().subject, std::string("dir/damaged.kjump, ") + text.data());
}

INSTANTIATE_TEST_SUITE_P(All, DamagedImage, testing::ValuesIn(all_damages()),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(ImageDamage, EveryCutIsRefused) {
  const Bytes bytes = sample_bytes();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    // A copy of just that size, so that AddressSanitizer sees a read beyond it.
    const auto image =
        Image::parse(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)), "cut");
    ASSERT_FALSE(image) << size;
    ASSERT_THAT(image.error().subject, testing::StartsWith("cut, offset 0x"));
  }
}

TEST(ImageDamage, EveryFlipIsRefusedOrHarmless) {
  Bytes bytes = sample_bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const std::byte mask : {std::byte{0xFF}, std::byte{0x01}, std::byte{0x80}}) {
      bytes[i] ^= mask;
      if (const auto image = Image::parse(bytes, "flip"); !image) {
        ASSERT_THAT(image.error().subject, testing::StartsWith("flip, offset 0x")) << i;
      } else {
        ASSERT_TRUE(same(*image, Image::parse(*image->serialize(), "again").value())) << i;
      }
      bytes[i] ^= mask;
    }
  }
}

// Fields are only ever appended: a longer note of our format is readable, a longer one of the next is not.
TEST(ImageDamage, ALongerNoteIsReadable) {
  Bytes note = image::encode_note(sample_info());
  note.resize(note.size() + 4);
  put<std::uint32_t>(note, offsetof(Elf64_Nhdr, n_descsz), abi::kImageNoteBytes + 4);
  const auto found = image::find_note(note, 4, "longer", 0);
  ASSERT_TRUE(found && *found);
  Bytes descriptor((*found)->bytes.begin(), (*found)->bytes.end());
  put<std::uint16_t>(descriptor, offsetof(abi::ImageNote, note_bytes), abi::kImageNoteBytes + 4);
  const auto info = image::decode_note({descriptor, 0}, "longer");
  ASSERT_TRUE(info) << info.error().text();
  EXPECT_TRUE(same(*info, sample_info()));
}

TEST(ImageDamage, ForeignNotesAreSkipped) {
  Bytes foreign = image::encode_note(sample_info());
  foreign[sizeof(Elf64_Nhdr)] = std::byte{'X'};
  const Bytes ours = image::encode_note(sample_info());
  foreign.insert(foreign.end(), ours.begin(), ours.end());
  const auto found = image::find_note(foreign, 4, "two", 0x100);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->offset, 0x100 + foreign.size() - abi::kImageNoteBytes);
}

}  // namespace
}  // namespace kjump::test
