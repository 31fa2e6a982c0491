// SPDX-License-Identifier: MIT
/// What went wrong, as a number for programs and a sentence for people.
#pragma once

#include <kjump/disk.hpp>

namespace kjump::hibernate {

/// Text of bounded length, always NUL-terminated; what does not fit is left out.
class Sentence {
 public:
  Sentence& add(const char* text);
  Sentence& add_number(uint64_t value);
  Sentence& add_hex(uint64_t value);
  [[nodiscard]] const char* text() const { return text_; }
  void clear();

 private:
  void put(char character);

  char text_[192] = {};
  size_t used_ = 0;
};

/// `status` is a SaveStatus or a RestoreStatus; 0: nothing went wrong.
struct Failure {
  uint32_t status = 0;
  Sentence why;

  [[nodiscard]] bool failed() const { return status != 0; }
};

template <typename Status>
[[nodiscard]] Failure failure(Status status, const char* why) {
  Failure made;
  made.status = static_cast<uint32_t>(status);
  made.why.add(why);
  return made;
}

/// In the words of the disk's driver.
template <typename Status>
[[nodiscard]] Failure disk_failure(Status status, const disk::Driver& driver, const disk::Place& place,
                                   const disk::Error& error) {
  char text[disk::kDescriptionBytes];
  disk::describe(driver, place, error, text, sizeof text);
  return failure(status, text);
}

}  // namespace kjump::hibernate
