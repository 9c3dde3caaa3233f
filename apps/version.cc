#include "apps/version.h"

#include <fmt/format.h>

#include "engine/io/run_record.h"

namespace kindling {

std::string version_text() {
  const nlohmann::ordered_json facts = build_facts();
  const auto text = [&](const char* key) { return facts.at(key).get<std::string>(); };
  const std::string devices = facts.at("cuda").is_null() ? "CPU only" : "CUDA " + text("cuda");
  return fmt::format("kindling {} (commit {}{}, {}, {}, {})", text("version"), text("git_commit").substr(0, 10),
                     facts.at("git_dirty").get<bool>() ? " with changes" : "", text("compiler"), devices,
                     text("build_type"));
}

}  // namespace kindling
