// SPDX-License-Identifier: MIT
// Rule: after a session nothing of its request or reply is left in low memory or in a file that others can
// read, by either door; what a killed kjump has left goes with the next one.
#include "linux/guest.hpp"

namespace kjump::tests {
namespace {

// A batch whose buffer comes back: the secret is in the request, the bounce buffer and the reply.
constexpr const char* kScript = R"sh(
umask 0
printf 'xyzzy-4711-secret' >/tmp/in
calls() {
  kjump bios call 0x12 --buffer es:di=64,in=/tmp/in,out=/tmp/out --door $1 >/dev/null || exit 1
  cmp -n 17 /tmp/in /tmp/out || exit 1
}
echo "== control"; devmem 0x5000 32 0x7a7a7978; search xyzz; devmem 0x5000 32 0
for door in kexec wake; do
  echo "== $door"; calls $door; search xyzzy-4711
done
echo "== killed"
# As such a kjump leaves it: the exchange's magic number, a secret in the request.
devmem 0x30000 32 0x43584A4B; devmem 0x31000 32 0x7a7a7978
calls kexec; search xyzz
echo "== modes"; stat -c '%a %n' /tmp/out /run/kjump*
)sh";

TEST(LeftOver, NothingOfRequestAndReply) {
  Guest guest;
  guest.with_file(KJUMP_SEARCH, "/bin/search", true);
  const JobResult result = guest.run(kScript);
  ASSERT_EQ(result.exit_code, 0) << result.err << result.out;
  EXPECT_EQ(section(result.out, "control"), "1\n") << "the search finds what is there";
  for (const char* name : {"kexec", "wake", "killed"}) {
    EXPECT_EQ(section(result.out, name), "0\n") << name;
  }
  const auto modes = lines(section(result.out, "modes"));
  EXPECT_GE(modes.size(), 2U);
  for (const std::string& mode : modes) {
    EXPECT_EQ(mode.substr(0, 4), "600 ") << mode;
  }
}

}  // namespace
}  // namespace kjump::tests
