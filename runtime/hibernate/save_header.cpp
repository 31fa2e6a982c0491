// SPDX-License-Identifier: MIT
// What the image's header says.
#include <kjump/abi/hibernate/image.hpp>
#include <kjump/machine_state.hpp>
#include <kjump/payload.hpp>

#include "hibernate/acpi.hpp"
#include "hibernate/hash.hpp"
#include "hibernate/machine.hpp"
#include "hibernate/saver.hpp"

namespace kjump::hibernate {

void Saver::fill_header() {
  format::ImageHeader& header = image_header();
  header.magic = format::kImageMagic;
  header.version = format::kFormatVersion;
  header.header_bytes = sizeof header;
  header.store = request_.store;
  header.generation = generation_;
  header.saved_at = request_.now;
  __builtin_memcpy(header.kernel, request_.kernel, sizeof header.kernel);
  header.vmcoreinfo = request_.vmcoreinfo;
  header.vmcoreinfo_bytes = request_.vmcoreinfo_bytes;
  header.kernel_offset = request_.kernel_offset;
  header.pages = map_.pages();
  header.data_pages = written_.data_pages;
  header.zero_pages = written_.zero_pages;
  header.free_pages = counts_.free;
  header.kernel_free_pages = counts_.kernel_free;
  header.skipped_pages = counts_.skipped;
  header.chunks = written_.chunks;
  header.content_blocks = written_.blocks;
  header.table_bytes = format::tables_bytes(map_.pages(), written_.chunks);
  header.table_blocks = format::blocks_of(header.table_bytes);
  header.table_hash = hash_of_tables(workspace_, header.table_bytes);
  header.range_count = request_.range_count;
  header.workspace_pieces = workspace_.pieces();
  header.free_fill = request_.facts.free_fill;
  header.entry = entry_state();
  header.parameters = loader_parameters();
  header.exchange = *static_cast<const abi::ExchangeHeader*>(physical(abi::kExchangeBase));
  header.acpi = request_.acpi;
  header.acpi_enables = read_enables(request_.acpi);
  __builtin_memcpy(header.entropy, request_.entropy, sizeof header.entropy);
  header.save = reply_.save;
  header.save_work = reply_.save_work;
  describe_machine(header.machine);
  header.machine.ranges = request_.map_count;
  __builtin_memcpy(header.machine.map, request_.map, sizeof header.machine.map);
  __builtin_memcpy(header.ranges, request_.ranges, sizeof header.ranges);
  for (uint32_t i = 0; i < workspace_.pieces(); ++i) {
    header.workspace[i] = workspace_.piece(i);
  }
  header.hash = own_hash(header);
}

}  // namespace kjump::hibernate
