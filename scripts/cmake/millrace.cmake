# SPDX-License-Identifier: Apache-2.0
# Compiler settings and the helpers that every folder's CMakeLists.txt uses:
#   millrace_library(name [SOURCES a.cc ...] [DEPS target ...])           no SOURCES: headers only
#   millrace_program(name SOURCES a.cc ... [DEPS target ...])
#   millrace_test(name SOURCES a_test.cc ... [DEPS ...] [LABELS l ...] [TIMEOUT s])
#   millrace_verilate(name TOP toe_x SV a.sv ... [PARAMETERS Width=8 ...] [PREFIX Vx]
#                     [OPT -O1] [TRACE])
#   millrace_rtl_test(name TOP toe_x SV a.sv ... SOURCES x_test.cc [DEPS ...]
#                     [PARAMETERS ...] [LABELS ...] [TRACE])
# SV paths are relative to the calling folder or to the repository root, in dependency order. The
# two packages are always first.
include_guard()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")  # asserts stay on
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()

find_program(MILLRACE_CCACHE ccache)
if(MILLRACE_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${MILLRACE_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${MILLRACE_CCACHE})
endif()

find_package(Threads REQUIRED)
find_package(GTest REQUIRED)
include(GoogleTest)
find_program(MILLRACE_VERILATOR verilator REQUIRED)
execute_process(COMMAND ${MILLRACE_VERILATOR} --getenv VERILATOR_ROOT
                OUTPUT_VARIABLE MILLRACE_VERILATOR_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE
                COMMAND_ERROR_IS_FATAL ANY)

# What our own code is compiled with; Verilated code takes none of the warnings.
add_library(millrace_options INTERFACE)
target_compile_features(millrace_options INTERFACE cxx_std_23)
target_include_directories(millrace_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(millrace_options INTERFACE -Wall -Wextra -Werror)
target_link_libraries(millrace_options INTERFACE Threads::Threads)
if(MILLRACE_NATIVE)
  target_compile_options(millrace_options INTERFACE -march=native)
endif()
if(MILLRACE_SANITIZE)
  target_compile_options(millrace_options INTERFACE
    -fsanitize=${MILLRACE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(millrace_options INTERFACE -fsanitize=${MILLRACE_SANITIZE})
endif()

# Verilator's runtime, once for all models.
add_library(millrace_verilated STATIC EXCLUDE_FROM_ALL
  ${MILLRACE_VERILATOR_ROOT}/include/verilated.cpp
  ${MILLRACE_VERILATOR_ROOT}/include/verilated_threads.cpp
  ${MILLRACE_VERILATOR_ROOT}/include/verilated_fst_c.cpp
  $<$<BOOL:${MILLRACE_COVERAGE}>:${MILLRACE_VERILATOR_ROOT}/include/verilated_cov.cpp>)
target_include_directories(millrace_verilated SYSTEM PUBLIC
  ${MILLRACE_VERILATOR_ROOT}/include ${MILLRACE_VERILATOR_ROOT}/include/vltstd)
target_compile_definitions(millrace_verilated PUBLIC VM_TRACE_FST=1 VM_TRACE=1)
target_compile_options(millrace_verilated PRIVATE -w)
if(MILLRACE_COVERAGE)
  target_compile_definitions(millrace_verilated PUBLIC VM_COVERAGE=1 MILLRACE_COVERAGE)
endif()
target_link_libraries(millrace_verilated PUBLIC Threads::Threads PRIVATE z)
target_link_options(millrace_verilated INTERFACE LINKER:--as-needed)
target_link_libraries(millrace_verilated INTERFACE z)

function(millrace_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
  if(arg_SOURCES)
    add_library(${name} STATIC ${arg_SOURCES})
    target_link_libraries(${name} PUBLIC millrace_options ${arg_DEPS})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE millrace_options ${arg_DEPS})
  endif()
endfunction()

function(millrace_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} millrace_options)
endfunction()

function(millrace_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;DEPS;LABELS")
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} millrace_options GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name} TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
endfunction()

# Resolves the SV arguments to absolute paths.
function(millrace_sv_files out)
  set(files)
  foreach(entry IN LISTS ARGN)
    if(IS_ABSOLUTE ${entry} OR EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${entry})
      get_filename_component(path ${entry} ABSOLUTE)
    else()
      set(path ${PROJECT_SOURCE_DIR}/${entry})
    endif()
    list(APPEND files ${path})
  endforeach()
  set(${out} ${files} PARENT_SCOPE)
endfunction()

# Sets `out` to the files of the named folders of hw (all without names), in the order of hw/toe.f.
function(millrace_design_files out)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/hw/toe.f)
  file(STRINGS ${PROJECT_SOURCE_DIR}/hw/toe.f lines REGEX "\\.sv$")
  set(files)
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "/.*" "" folder ${line})
    if(NOT ARGN OR folder IN_LIST ARGN)
      list(APPEND files hw/${line})
    endif()
  endforeach()
  set(${out} ${files} PARENT_SCOPE)
endfunction()

# Makes target `name`: a Verilated model with its header V<TOP>.h (or <PREFIX>.h). Verilator runs
# at build time only, so that a broken design does not stop the configuration of everything else.
function(millrace_verilate name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "TRACE" "TOP;PREFIX;OPT" "SV;PARAMETERS;FLAGS")
  if(NOT arg_PREFIX)
    set(arg_PREFIX V${arg_TOP})
  endif()
  if(NOT arg_OPT)
    set(arg_OPT -O1)
  endif()
  millrace_sv_files(files hw/contract/generated/toe_contract_pkg.sv hw/toe_pkg.sv ${arg_SV})
  if(MILLRACE_COVERAGE)  # with the cover points of each block, X_cover.sv beside X.sv
    foreach(file IN LISTS files)
      string(REGEX REPLACE "\\.sv$" "_cover.sv" points ${file})
      if(EXISTS ${points})
        list(APPEND files ${points})
      endif()
    endforeach()
  endif()
  list(REMOVE_DUPLICATES files)
  set(flags --cc --top-module ${arg_TOP} --prefix ${arg_PREFIX} --assert -Wall -Wno-DECLFILENAME
            --x-assign unique --x-initial unique -O3 --output-split 20000 ${arg_FLAGS})
  foreach(parameter IN LISTS arg_PARAMETERS)
    list(APPEND flags -G${parameter})
  endforeach()
  if(MILLRACE_COVERAGE)
    list(APPEND flags --coverage-line --coverage-user)
  endif()
  if(arg_TRACE OR MILLRACE_TRACE)
    list(APPEND flags --trace-fst --trace-structs)
  endif()
  set(opt ${arg_OPT} -std=c++20 -fPIC -w)  # -std only matters to Verilator's headers
  if(MILLRACE_NATIVE)
    list(APPEND opt -march=native)
  endif()
  list(JOIN opt " " opt)
  set(dir ${CMAKE_CURRENT_BINARY_DIR}/${name}.dir)
  set(archive ${dir}/${arg_PREFIX}__ALL.a)
  add_custom_command(OUTPUT ${archive} ${dir}/${arg_PREFIX}.h
    COMMAND ${MILLRACE_VERILATOR} ${flags} --Mdir ${dir} ${files}
    COMMAND ${CMAKE_COMMAND} -E env --unset=MAKEFLAGS --unset=MFLAGS
            make -s -j2 -C ${dir} -f ${arg_PREFIX}.mk
            CXX=${CMAKE_CXX_COMPILER} OBJCACHE=${MILLRACE_CCACHE} CFG_CXXFLAGS_STD_NEWEST=
            OPT_FAST=${opt} OPT_SLOW=${opt} ${arg_PREFIX}__ALL.a
    DEPENDS ${files} COMMENT "Verilating ${name} (${arg_TOP})" VERBATIM)
  add_custom_target(${name}_generate DEPENDS ${archive} ${dir}/${arg_PREFIX}.h)
  add_library(${name} INTERFACE)
  add_dependencies(${name} ${name}_generate)
  target_include_directories(${name} SYSTEM INTERFACE ${dir})
  target_link_libraries(${name} INTERFACE ${archive} millrace_verilated)
endfunction()

function(millrace_rtl_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "TRACE" "TOP;PREFIX;OPT;TIMEOUT"
    "SV;SOURCES;DEPS;PARAMETERS;FLAGS;LABELS")
  set(trace)
  if(arg_TRACE)
    set(trace TRACE)
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS rtl)
  endif()
  millrace_verilate(${name}_model TOP ${arg_TOP} PREFIX ${arg_PREFIX} OPT ${arg_OPT} ${trace}
    SV ${arg_SV} PARAMETERS ${arg_PARAMETERS} FLAGS ${arg_FLAGS})
  millrace_test(${name} SOURCES ${arg_SOURCES} DEPS ${arg_DEPS} ${name}_model
    LABELS ${arg_LABELS} TIMEOUT ${arg_TIMEOUT})
endfunction()
