# SPDX-License-Identifier: GPL-3.0-or-later
# cmake -DBUILD=... -DWORK=... -DCXX=... -DFLAGS=... -P check.cmake
# Installs the client library into an empty folder, moves it, and builds a stranger's project and the examples against
# it by find_package and by pkg-config.
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE "${WORK}")
set(prefix "${WORK}/moved")

function(run)
    execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

foreach(component IN ITEMS client client-dev)
    run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/first" --component ${component})
endforeach()
file(RENAME "${WORK}/first" "${prefix}")

foreach(project IN ITEMS "${CMAKE_CURRENT_LIST_DIR}" "${CMAKE_CURRENT_LIST_DIR}/../../../examples")
    get_filename_component(name "${project}" NAME)
    run("${CMAKE_COMMAND}" -S "${project}" -B "${WORK}/${name}" -G Ninja "-DCMAKE_PREFIX_PATH=${prefix}"
        "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_CXX_FLAGS=${FLAGS}")
    run("${CMAKE_COMMAND}" --build "${WORK}/${name}")
endforeach()
run("${WORK}/installed/use_pgque")
run("${WORK}/installed/use_pgque_static")

file(GLOB_RECURSE pc "${prefix}/*/pgque.pc")
get_filename_component(pc_dir "${pc}" DIRECTORY)
set(ENV{PKG_CONFIG_PATH} "${pc_dir}")
function(build_with_pkg_config program static)
    execute_process(COMMAND pkg-config ${static} --cflags --libs pgque
        OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    separate_arguments(flags UNIX_COMMAND "${flags} ${FLAGS}")
    run("${CXX}" -std=c++20 "${CMAKE_CURRENT_LIST_DIR}/use.cpp" -o "${program}" ${flags} ${ARGN})
endfunction()
file(GLOB_RECURSE library "${prefix}/*/libpgque.so")
get_filename_component(library_dir "${library}" DIRECTORY)
build_with_pkg_config("${WORK}/use_pkg_config" "" "-Wl,-rpath,${library_dir}")
run("${WORK}/use_pkg_config")

# The name programs remember, and nothing offered that was not marked.
execute_process(COMMAND readelf -d "${library}" OUTPUT_VARIABLE dynamic COMMAND_ERROR_IS_FATAL ANY)
if(NOT dynamic MATCHES "SONAME[^\n]*libpgque\\.so\\.1\\]")
    message(FATAL_ERROR "no versioned soname:\n${dynamic}")
endif()
execute_process(COMMAND nm -DC --defined-only "${library}" OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
if(symbols MATCHES " [TBDRVWu] (pg::textvalue|pg::wait|pg::Connection::State|pgque::detail|pgque::Consumer::Loop)[^\n]*")
    message(FATAL_ERROR "offered though it is internal: ${CMAKE_MATCH_0}")
endif()
if(NOT symbols MATCHES " T pgque::Client::receive\\(")
    message(FATAL_ERROR "the client is not offered")
endif()
