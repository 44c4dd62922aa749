from milepost.application.ports import Booking, Saved, Store


def booked(store: Store, booking: Booking) -> Saved:
    """What became of one booking."""
    return store.book([booking])[booking.progress.subject]
