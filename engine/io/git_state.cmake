# Run at every build: writes OUTPUT, a header with the commit of SOURCE_DIR and whether tracked files differ from it.
# The file is touched only when that changes, so that nothing is compiled again without need.
find_program(GIT git)
set(commit "unknown")
set(dirty "false")
if(GIT)
  # No optional locks: a build must not get in the way of a commit.
  set(git ${CMAKE_COMMAND} -E env GIT_OPTIONAL_LOCKS=0 ${GIT} -C ${SOURCE_DIR})
  execute_process(
    COMMAND ${git} rev-parse --show-toplevel HEAD
    OUTPUT_VARIABLE output
    RESULT_VARIABLE failed
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  string(REGEX MATCH "^(.*)\n([0-9a-f]+)$" found "${output}")
  set(top "${CMAKE_MATCH_1}")
  set(head "${CMAKE_MATCH_2}")
  file(REAL_PATH "${SOURCE_DIR}" source_dir)
  # A copy of the tree that lies inside another repository has no commit.
  if(NOT failed AND top STREQUAL source_dir)
    set(commit "${head}")
    execute_process(
      COMMAND ${git} status --porcelain --untracked-files=no
      OUTPUT_VARIABLE changes
      ERROR_QUIET)
    if(NOT changes STREQUAL "")
      set(dirty "true")
    endif()
  endif()
endif()
# A tree without git may be told (tools/gpu_check.sh): a commit, with -dirty behind it where files differed.
if(commit STREQUAL "unknown" AND "$ENV{KINDLING_COMMIT}" MATCHES "^([0-9a-f]+)(-dirty)?$")
  set(commit "${CMAKE_MATCH_1}")
  if(CMAKE_MATCH_2)
    set(dirty "true")
  endif()
endif()

set(text
    "#pragma once\n\nnamespace kindling {\ninline constexpr const char* kGitCommit = \"${commit}\";\ninline constexpr bool kGitDirty = ${dirty};\n}  // namespace kindling\n"
)
set(old "")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} old)
endif()
if(NOT text STREQUAL old)
  file(WRITE ${OUTPUT} "${text}")
endif()
