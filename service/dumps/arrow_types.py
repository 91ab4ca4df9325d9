"""Which Arrow types become which plain ones, and back."""

from typing import TYPE_CHECKING

from service.dumps.columns import ColumnType

if TYPE_CHECKING:
    import pyarrow as pa


def plain_type(arrow: "pa.DataType", *, nested: bool = False) -> "pa.DataType":
    """Return the type to cast to before values become Python's, such that each can stand in JSON.

    Strings become bytes outside of lists and structs: Arrow does not check that they are UTF-8.
    """
    import pyarrow as pa
    from pyarrow import types

    if types.is_dictionary(arrow):
        return plain_type(arrow.value_type, nested=nested)
    if isinstance(arrow, pa.BaseExtensionType):
        return plain_type(arrow.storage_type, nested=nested)
    if types.is_struct(arrow):
        return pa.struct([field.with_type(plain_type(field.type, nested=True)) for field in arrow])
    if types.is_map(arrow):
        return pa.map_(plain_type(arrow.key_type, nested=True), plain_type(arrow.item_type, nested=True))
    if types.is_list(arrow) or types.is_large_list(arrow) or types.is_fixed_size_list(arrow):
        return pa.large_list(arrow.value_field.with_type(plain_type(arrow.value_type, nested=True)))
    if types.is_timestamp(arrow) or types.is_date(arrow) or types.is_time(arrow) or types.is_decimal(arrow):
        return pa.string()
    if types.is_duration(arrow):
        return pa.int64()
    if types.is_string(arrow) or types.is_large_string(arrow) or types.is_string_view(arrow):
        return pa.large_string() if nested else pa.large_binary()
    return arrow


def column_type_of(arrow: "pa.DataType") -> ColumnType:
    """Return the column type that holds every value of an Arrow type exactly."""
    from pyarrow import types

    if types.is_null(arrow):
        return ColumnType.NULL
    if types.is_boolean(arrow):
        return ColumnType.BOOL
    if types.is_floating(arrow):
        return ColumnType.FLOAT
    if types.is_int64(arrow) or types.is_duration(arrow):
        return ColumnType.LONG
    if types.is_integer(arrow) and not types.is_uint64(arrow):
        return ColumnType.INT
    return ColumnType.STRING


def arrow_type_of(column: ColumnType) -> "pa.DataType":
    """Return the Arrow type that a column is written in."""
    import pyarrow as pa

    return {
        ColumnType.NULL: pa.string(),
        ColumnType.BOOL: pa.bool_(),
        ColumnType.INT: pa.int64(),
        ColumnType.LONG: pa.int64(),
        ColumnType.FLOAT: pa.float64(),
        ColumnType.STRING: pa.string(),
    }[column]
