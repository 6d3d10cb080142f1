# SPDX-License-Identifier: GPL-3.0-or-later
# The compiler's rules in one place: every target of the project links project_rules.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

option(BATCHSCOPE_WERROR "Treat warnings as errors" OFF)
set(BATCHSCOPE_SANITIZE "" CACHE STRING "Sanitizers, for example address,undefined or thread")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
        CCACHE_SLOPPINESS=pch_defines,time_macros "${CCACHE_PROGRAM}")
endif()

add_library(project_rules INTERFACE)
target_compile_features(project_rules INTERFACE cxx_std_20)
if(MSVC)
    target_compile_options(project_rules INTERFACE /W4 /permissive- /utf-8 $<$<BOOL:${BATCHSCOPE_WERROR}>:/WX>)
else()
    target_compile_options(project_rules INTERFACE
        -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast
        -Wcast-qual -Wformat=2 -Wimplicit-fallthrough -Wextra-semi
        $<$<BOOL:${BATCHSCOPE_WERROR}>:-Werror>)
    # GCC 12 sees overlaps in std::string's operator+ that are not there (GCC bug 105651), and reads of empty optionals
    # that never happen (GCC bug 80635).
    if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
        target_compile_options(project_rules INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
    endif()
    target_compile_definitions(project_rules INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
endif()
if(BATCHSCOPE_SANITIZE)
    target_compile_options(project_rules INTERFACE -fsanitize=${BATCHSCOPE_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(project_rules INTERFACE -fsanitize=${BATCHSCOPE_SANITIZE})
endif()

# What every Qt target promises on top.
add_library(qt_rules INTERFACE)
target_link_libraries(qt_rules INTERFACE project_rules)
target_compile_definitions(qt_rules INTERFACE
    QT_NO_CAST_FROM_ASCII QT_NO_CAST_TO_ASCII QT_NO_CAST_FROM_BYTEARRAY QT_NO_URL_CAST_FROM_STRING
    QT_NO_NARROWING_CONVERSIONS_IN_CONNECT QT_NO_FOREACH QT_NO_KEYWORDS QT_USE_QSTRINGBUILDER
    QT_DISABLE_DEPRECATED_BEFORE=0x060400)

# batchscope_library(NAME [QT] SOURCES ... [LINK ...])
# One folder of src/ is one target: its headers stand beside its sources and are included as "folder/file.h".
# Without QT the target is plain C++20.
function(batchscope_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "QT" "" "SOURCES;LINK")
    add_library(${name} STATIC ${arg_SOURCES})
    target_include_directories(${name} PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>")
    if(arg_QT)
        set_target_properties(${name} PROPERTIES AUTOMOC ON AUTORCC ON)
        target_link_libraries(${name} PUBLIC ${arg_LINK} Qt6::Core PRIVATE qt_rules)
    else()
        target_link_libraries(${name} PUBLIC ${arg_LINK} PRIVATE project_rules)
    endif()
endfunction()

# What tools generate into the build folder is not ours to tidy. One check must stay on, or clang-tidy calls it an error.
if(CMAKE_CXX_CLANG_TIDY)
    file(WRITE "${PROJECT_BINARY_DIR}/.clang-tidy" "Checks: '-*,misc-definitions-in-headers'\nWarningsAsErrors: ''\n")
endif()
