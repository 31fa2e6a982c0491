// SPDX-License-Identifier: MIT
#include "targets/linux_vm/job_file.hpp"

#include <nlohmann/json.hpp>

namespace kjump::targets {

std::string encode_job(const JobFile& job) {
  const nlohmann::json json{{"nonce", job.nonce},
                            {"arguments", job.arguments},
                            {"outputs", job.outputs},
                            {"modules", job.modules},
                            {"echo", job.echo}};
  // Arguments may be any bytes; what is not UTF-8 cannot stand in JSON and is replaced.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<JobFile> decode_job(const std::string& text) {
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    return JobFile{json.at("nonce").get<std::uint64_t>(),
                   json.at("arguments").get<std::vector<std::string>>(),
                   json.at("outputs").get<std::vector<std::string>>(),
                   json.at("modules").get<std::vector<std::string>>(), json.at("echo").get<bool>()};
  } catch (const nlohmann::json::exception& exception) {
    return fail(ErrorCode::kMalformed, std::string("cannot read the job: ") + exception.what(), kJobPath);
  }
}

}  // namespace kjump::targets
