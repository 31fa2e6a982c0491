// SPDX-License-Identifier: MIT
// Does to a disk what the request says (vm/disk_protocol.hpp), by the runtime's drivers.
#include <kjump/disk.hpp>
#include <kjump/payload.hpp>

#include "platform/pci_config.hpp"
#include "vm/disk_protocol.hpp"
#include "vm/payloads/disk_torture.hpp"

using namespace kjump;
using namespace kjump::tests::disks;

namespace {

const disk::Driver* const kDrivers[] = {&disk::kVirtio, &disk::kNvme, &disk::kAhci, &disk::kIde,
                                        &disk::kBios};

constexpr uint32_t kSpeedRequestBytes = 128 << 10;
constexpr uint32_t kOwnBufferBytes = 0x4000;

disk::Disk the_disk;
alignas(disk::kStorageAlignment) uint8_t storage[disk::kStorageBytes];
alignas(4096) uint8_t own_buffer[kOwnBufferBytes];

void note(Answer& answer, const disk::Driver& driver, const disk::Place& place, const disk::Error& error) {
  answer.code = static_cast<uint32_t>(error.code);
  answer.status = error.status;
  answer.detail = error.detail;
  if (error.failed()) {
    disk::describe(driver, place, error, answer.text, sizeof answer.text);
  }
}

uint32_t* words(const Job& job) {
  return static_cast<uint32_t*>(physical(static_cast<PhysicalAddress>(job.buffer)));
}

void write_pattern(const Job& job, const Step& step, disk::Error& error) {
  const uint64_t words_a_sector = the_disk.info.sector_bytes / 4;
  uint32_t* buffer = words(job);
  for (uint64_t i = 0; i < step.count * words_a_sector; ++i) {
    buffer[i] = pattern_word(step.seed, step.sector * words_a_sector + i);
  }
  error = disk::write(the_disk, step.sector, step.count, job.buffer);
}

void check_pattern(const Job& job, const Step& step, Answer& answer, disk::Error& error) {
  const uint64_t words_a_sector = the_disk.info.sector_bytes / 4;
  uint32_t* buffer = words(job);
  for (uint64_t i = 0; i < step.count * words_a_sector; ++i) {
    buffer[i] = 0xDEADBEEF;
  }
  error = disk::read(the_disk, step.sector, step.count, job.buffer);
  for (uint64_t i = 0; i < step.count * words_a_sector; ++i) {
    answer.value += buffer[i] != pattern_word(step.seed, step.sector * words_a_sector + i) ? 1 : 0;
  }
}

void flood(const Job& job, const Step& step, Answer& answer, disk::Error& error) {
  static disk::Request requests[disk::kMaxDepth + 8];
  uint32_t accepted = 0;
  for (uint32_t i = 0; i < step.count && i < sizeof requests / sizeof requests[0]; ++i) {
    requests[i] = {};
    requests[i].count = 1;
    requests[i].sector = step.sector + i;
    requests[i].address = job.buffer + i * 4096;
    const disk::Submitted submitted = disk::submit(the_disk, requests[i]);
    accepted += submitted == disk::Submitted::kAccepted ? 1 : 0;
    answer.full += submitted == disk::Submitted::kFull ? 1 : 0;
  }
  for (uint32_t ended = 0; ended < accepted;) {
    const disk::Request* request = disk::poll(the_disk);
    if (request == nullptr) {
      continue;
    }
    ++ended;
    answer.value += request->error.code == disk::Code::kTimeout ? 1 : 0;
    answer.more += request->error.code == disk::Code::kAborted ? 1 : 0;
    if (request->error.code == disk::Code::kTimeout) {
      error = request->error;
    }
  }
}

void wrong(const Job& job, Answer& answer) {
  const disk::Info& info = the_disk.info;
  const uint32_t most = info.max_transfer_bytes / info.sector_bytes;
  disk::Request requests[7];
  for (disk::Request& request : requests) {
    request.count = 1;
    request.address = job.buffer;
  }
  requests[0].count = 0;
  requests[1].sector = info.sectors;
  requests[2].sector = UINT64_MAX;
  requests[3].sector = info.sectors - 1;
  requests[3].count = 2;
  requests[4].count = most + 1;
  requests[5].address = UINT64_MAX - 4;
  requests[6].address = job.buffer + 1;
  const bool any_address = info.buffer_alignment == 1;
  for (disk::Request& request : requests) {
    const bool refused = disk::submit(the_disk, request) == disk::Submitted::kRefused;
    answer.value += refused && request.error.code == disk::Code::kInvalid ? 1 : 0;
    while (!refused && disk::poll(the_disk) == nullptr) {
    }
  }
  answer.more = sizeof requests / sizeof requests[0] - (any_address ? 1 : 0);
}

uint64_t stream(const Job& job, const Step& step, disk::Operation operation, disk::Error& error) {
  static disk::Request requests[disk::kMaxDepth];
  const uint32_t sectors = kSpeedRequestBytes / the_disk.info.sector_bytes;
  const uint32_t total = step.count * ((1u << 20) / kSpeedRequestBytes);
  const uint64_t start = read_tsc();
  uint32_t begun = 0;
  for (uint32_t ended = 0; ended < total;) {
    disk::Request* request =
        begun < the_disk.info.depth && begun < total ? &requests[begun] : disk::poll(the_disk);
    if (request == nullptr) {
      continue;
    }
    if (begun >= the_disk.info.depth || begun >= total) {
      ++ended;
      error = request->error.failed() ? request->error : error;
    }
    if (begun == total) {
      continue;
    }
    request->operation = operation;
    request->count = sectors;
    request->sector = step.sector + uint64_t{begun} * sectors;
    request->address = job.buffer + begun % disk::kMaxDepth * kSpeedRequestBytes;
    if (disk::submit(the_disk, *request) != disk::Submitted::kAccepted) {
      error = request->error;
      return 0;
    }
    ++begun;
  }
  if (operation == disk::Operation::kWrite && the_disk.info.can_flush && !error.failed()) {
    error = disk::flush(the_disk);
  }
  return read_tsc() - start;
}

disk::Error do_step(const Job& job, const Step& step, Answer& answer) {
  disk::Error error;
  switch (step.kind) {
    case StepKind::kWrite:
      write_pattern(job, step, error);
      break;
    case StepKind::kCheck:
      check_pattern(job, step, answer, error);
      break;
    case StepKind::kFlush:
      error = disk::flush(the_disk);
      break;
    case StepKind::kTorture:
      error = Torture(the_disk, job, step, answer).run();
      break;
    case StepKind::kFlood:
      flood(job, step, answer, error);
      break;
    case StepKind::kWrong:
      wrong(job, answer);
      break;
    case StepKind::kReopen: {
      const disk::Driver& driver = *the_disk.driver;
      const disk::Place place = the_disk.place;
      disk::close(the_disk);
      error = disk::open(the_disk, driver, place, storage, sizeof storage);
      break;
    }
    case StepKind::kSpeed:
      answer.hash = the_disk.ticks_per_ms;
      answer.value = stream(job, step, disk::Operation::kWrite, error);
      answer.more = error.failed() ? 0 : stream(job, step, disk::Operation::kRead, error);
      break;
    case StepKind::kFirst:
      error = disk::read(the_disk, step.sector, 1, job.buffer);
      answer.value = *static_cast<const uint64_t*>(physical(static_cast<PhysicalAddress>(job.buffer)));
      break;
  }
  return error;
}

uint32_t config_address(const disk::Place& place, uint32_t offset) {
  return abi::config_address(place.device, place.function, offset) | uint32_t{place.bus} << 16;
}

uint32_t pci_command(const disk::Driver& driver, const disk::Place& place) {
  return driver.on_pci ? platform::PciConfig().read16(config_address(place, 4)) : 0;
}

disk::Error open_disk(const Job& job, const disk::Driver& driver, disk::Place& place, Opened& opened) {
  if (!disk::find(driver, job.index, place)) {
    return {disk::Code::kMissing, "find", "no controller"};
  }
  if (job.high_bar != 0) {
    platform::PciConfig().write32(config_address(place, 0x10 + 4 * job.high_bar + 4), 1);
  }
  opened.command_before = pci_command(driver, place);
  place.unit = static_cast<uint8_t>(job.unit);
  disk::Options options;
  options.timeout_ms = job.timeout_ms != 0 ? job.timeout_ms : disk::kDefaultTimeoutMs;
  options.no_dma = job.no_dma != 0;
  const disk::Error error = disk::open(the_disk, driver, place, storage, driver.storage_bytes, options);
  const disk::Info& info = the_disk.info;
  opened.sectors = info.sectors;
  opened.sector_bytes = info.sector_bytes;
  opened.max_transfer_bytes = info.max_transfer_bytes;
  opened.depth = info.depth;
  opened.write_cache = info.write_cache ? 1 : 0;
  opened.can_flush = info.can_flush ? 1 : 0;
  opened.read_only = info.read_only ? 1 : 0;
  __builtin_memcpy(opened.model, info.model, sizeof info.model);
  __builtin_memcpy(opened.serial, info.serial, sizeof info.serial);
  return error;
}

}  // namespace

/// 0: the disk could be opened.
extern "C" uint32_t kjump_main() {
  Job job;
  if (read_request(&job, sizeof job) != sizeof job ||
      static_cast<uint32_t>(job.driver) >= sizeof kDrivers / sizeof kDrivers[0]) {
    return 2;
  }
  const disk::Driver& driver = *kDrivers[static_cast<uint32_t>(job.driver)];
  if (job.buffer == 0) {
    job.buffer = reinterpret_cast<uintptr_t>(own_buffer);
  }
  static Opened opened;
  static Answer answers[32];
  opened = {};
  disk::Place place;
  const disk::Error error = open_disk(job, driver, place, opened);
  note(opened.answer, driver, error.failed() ? place : the_disk.place, error);
  uint32_t done = 0;
  for (; !error.failed() && done < job.steps && done < sizeof answers / sizeof answers[0]; ++done) {
    Step step;
    read_request(&step, sizeof step, sizeof job + done * sizeof step);
    answers[done] = {};
    const disk::Error failure = do_step(job, step, answers[done]);
    note(answers[done], driver, the_disk.place, failure);
  }
  disk::close(the_disk);
  opened.command_after = pci_command(driver, place);
  write_reply(&opened, sizeof opened);
  for (uint32_t i = 0; i < done; ++i) {
    write_reply(&answers[i], sizeof answers[i]);
  }
  return error.failed() ? 1 : 0;
}
