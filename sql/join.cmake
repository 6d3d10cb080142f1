# SPDX-License-Identifier: Apache-2.0
# cmake -DSCHEMA=pgque -DOUTPUT=pgque.sql -P sql/join.cmake
# Writes the files that sql/<SCHEMA>/files.cmake lists, in that order, as one file that psql -1 -f installs.
cmake_minimum_required(VERSION 3.25)
string(TOUPPER "${SCHEMA}" upper)
include("${CMAKE_CURRENT_LIST_DIR}/${SCHEMA}/files.cmake")
get_filename_component(target "${OUTPUT}" ABSOLUTE)
file(WRITE "${target}.tmp" "-- SPDX-License-Identifier: Apache-2.0\n")
foreach(part IN LISTS ${upper}_SQL_FILES)
    execute_process(
        COMMAND "${CMAKE_COMMAND}" -E cat "${CMAKE_CURRENT_LIST_DIR}/${SCHEMA}/${part}"
        OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX REPLACE "^-- SPDX-License-Identifier: [^\n]*\n" "" text "${text}") # one header for the whole
    file(APPEND "${target}.tmp" "${text}\n")
endforeach()
file(RENAME "${target}.tmp" "${target}")
