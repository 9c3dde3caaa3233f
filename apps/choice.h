#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace kindling {

// Command-line options that take one of a few names, from tables of {name, value}.

template <class T, std::size_t N>
const char* name_in(const std::pair<const char*, T> (&choices)[N], T value) {
  for (const auto& [name, choice] : choices) {
    if (choice == value) return name;
  }
  return "?";
}

template <class T, std::size_t N>
T value_in(const std::pair<const char*, T> (&choices)[N], const std::string& name, T otherwise) {
  for (const auto& [known, choice] : choices) {
    if (name == known) return choice;
  }
  return otherwise;
}

template <class T, std::size_t N>
std::vector<std::string> names_of(const std::pair<const char*, T> (&choices)[N]) {
  std::vector<std::string> names;
  for (const auto& [name, choice] : choices) names.emplace_back(name);
  return names;
}

// `value` and `choices` outlive the parsing.
template <class T, std::size_t N>
CLI::Option* add_choice(CLI::App& app, const std::string& flag, T& value, const std::pair<const char*, T> (&choices)[N],
                        const std::string& description) {
  const std::vector<std::string> names = names_of(choices);
  return app
      .add_option_function<std::string>(
          flag, [&value, &choices](const std::string& text) { value = value_in(choices, text, value); }, description)
      ->check(CLI::IsMember(names).description(""))
      ->type_name(fmt::format("{{{}}}", fmt::join(names, ",")))
      ->default_str(name_in(choices, value));
}

// A flag that turns off what is on by default.
inline CLI::Option* add_off_switch(CLI::App& app, const std::string& flag, bool& value,
                                   const std::string& description) {
  return app.add_flag_callback(
      flag, [&value] { value = false; }, description);
}

}  // namespace kindling
