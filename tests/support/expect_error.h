#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "kernels/core/error.h"

namespace kindling::test {

// call() must throw Error with this code and a one-line message that holds `text`.
template <class F>
void expect_error(ErrorCode code, const std::string& text, F call) {
  try {
    call();
    ADD_FAILURE() << "nothing was thrown; wanted an Error with \"" << text << "\"";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_THAT(error.what(), ::testing::HasSubstr(text));
    EXPECT_THAT(error.what(), ::testing::Not(::testing::HasSubstr("\n")));
  }
}

}  // namespace kindling::test
