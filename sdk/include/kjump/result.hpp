// SPDX-License-Identifier: MIT
/// Errors of the kjump library: values, never exceptions, never printed by the library.
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace kjump {

enum class ErrorCode {
  kSystem,       ///< a system call failed; Error::system_errno says how
  kMalformed,    ///< a file or text does not parse
  kUnsupported,  ///< this machine, kernel or format version cannot do it
  kForbidden,    ///< privileges or policy (lockdown, sysctl) forbid it
  kBusy,         ///< somebody else uses what is needed
  kLimit,        ///< too large, too many, outside the allowed addresses
  kTimeout,      ///< a deadline passed
  kGuest,        ///< the guest died, lied or reported nonsense
  kInvalid,      ///< the caller asked for something that makes no sense
};

/// What failed, on what, why, and what to do next.
struct Error {
  ErrorCode code = ErrorCode::kInvalid;
  std::string what;      ///< what was tried and how it failed: "cannot read the note: descriptor is cut off"
  std::string subject;   ///< on what: a path, an address, an option; with an offset where there is one
  std::string hint;      ///< what to do next; may be empty
  int system_errno = 0;  ///< 0 unless a system call failed

  /// "WHAT (SUBJECT): STRERROR - HINT", parts that are empty left out. For the CLI to print.
  [[nodiscard]] std::string text() const;
};

template <typename T>
using Result = tl::expected<T, Error>;

using Failure = tl::unexpected<Error>;

/// Shorthand for `return fail(...)`.
[[nodiscard]] inline Failure fail(ErrorCode code, std::string what, std::string subject = {},
                                  std::string hint = {}, int system_errno = 0) {
  return Failure(Error{code, std::move(what), std::move(subject), std::move(hint), system_errno});
}

/// The same for a system call that has just failed; takes errno.
[[nodiscard]] Failure fail_errno(std::string what, std::string subject = {}, std::string hint = {});

}  // namespace kjump

#define KJUMP_CONCAT_(a, b) a##b
#define KJUMP_CONCAT(a, b) KJUMP_CONCAT_(a, b)

/// KJUMP_TRY(declaration, expression): the value of a Result, or return its error from here.
#define KJUMP_TRY(declaration, expression)                                           \
  auto KJUMP_CONCAT(try_result_, __LINE__) = (expression);                           \
  if (!KJUMP_CONCAT(try_result_, __LINE__)) {                                        \
    return ::kjump::Failure(std::move(KJUMP_CONCAT(try_result_, __LINE__)).error()); \
  }                                                                                  \
  declaration = *std::move(KJUMP_CONCAT(try_result_, __LINE__))

/// KJUMP_CHECK(expression): the same for a Result<void>.
#define KJUMP_CHECK(expression)                                 \
  do {                                                          \
    if (auto check_result = (expression); !check_result) {      \
      return ::kjump::Failure(std::move(check_result).error()); \
    }                                                           \
  } while (false)
