// SPDX-License-Identifier: MIT
// Comes before everything in a file of 32-bit code that is assembled into a 64-bit object
// (KjumpFreestanding.cmake).
asm(".code32");
