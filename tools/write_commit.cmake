# cmake -DSOURCE=DIR -DOUTPUT=FILE -P tools/write_commit.cmake
# Writes the C file that tells `holdfast --version` which sources these are: the commit and whether they
# differ from it, or "release" where DIR is no git checkout of its own.
set(said "release")
find_program(git git)
if(git AND EXISTS ${SOURCE}/.git)
  execute_process(COMMAND ${git} -c safe.directory=* -C ${SOURCE} rev-parse --short=12 HEAD
                  OUTPUT_VARIABLE commit ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  # Of what the program is made: notes and tests beside it do not make it another one.
  execute_process(COMMAND ${git} -c safe.directory=* -C ${SOURCE} status --porcelain -- src CMakeLists.txt
                  OUTPUT_VARIABLE changes ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  set(said "a git checkout whose commit cannot be told")
  if(commit)
    set(said "commit ${commit}")
    if(changes)
      string(APPEND said ", changed")
    endif()
  endif()
elseif(EXISTS ${SOURCE}/.git)
  set(said "a git checkout, built without git")
endif()
file(WRITE ${OUTPUT} "#include \"present/cli/version.h\"\n\nconst char hf_build_source[] = \"${said}\";\n")
