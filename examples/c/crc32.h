/* The CRC of zip, PNG and Ethernet: begin with 0, and go on with what came out. */
#ifndef CRC32_H
#define CRC32_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32(uint32_t crc, const uint8_t *data, size_t size);

#endif
