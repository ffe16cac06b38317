// CChecksum.h: the CRC-32C instruction of the processor, for Bytes/Checksum.swift.
//
// Swift has no spelling for it. Two functions: is it there, and the loop. The argument, the
// alternatives and the tests are on the Swift side.

#ifndef CCHECKSUM_H
#define CCHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// 1 when this processor computes CRC-32C by itself.
int checksum_crc32c_has_instruction(void);

/// Continues the raw (not inverted) register over `count` bytes. Only when the instruction is there.
uint32_t checksum_crc32c_by_instruction(uint32_t reg, const uint8_t *bytes, size_t count);

#endif
